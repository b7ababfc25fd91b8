"""A filter for system calls, assembled for the kernel's small virtual machine.

A `Filter` is what is allowed; everything else gets one error. A rule decides by arguments: its
steps are asked in order, and the first that holds decides. Arguments are compared in their lower
32 bits, because of all that are compared here the kernel takes no more (a filter that compares
64 is passed by setting one of the others).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

Verdict = int
ALLOW: Verdict = 0x7FFF0000
KILL: Verdict = 0x80000000
"""The whole process, at once."""

_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_MOST = 4096


def refuse(error: int) -> Verdict:
    """The call fails with this `errno`."""
    return 0x00050000 | error


class Machine(IntEnum):
    """Kinds of processors, by the kernel's number for their calls."""

    X86_64 = 0xC000003E
    AARCH64 = 0xC00000B7


class _Op(IntEnum):
    LOAD = 0x20
    EQUAL = 0x15
    AT_LEAST = 0x35
    ANY_BIT = 0x45
    RETURN = 0x06


class Asked(StrEnum):
    """What a step asks of one argument."""

    ANY_BIT = "any bit of the mask"
    NO_BIT = "no bit of the mask"
    ONE_OF = "one of the values"
    NONE_OF = "none of the values"


@dataclass(frozen=True, slots=True)
class Step:
    """If the argument (0 to 5) passes the test, this is the verdict."""

    argument: int
    test: Asked
    values: tuple[int, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """Steps in order, and the verdict where none of them holds."""

    steps: tuple[Step, ...]
    otherwise: Verdict


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls are allowed on one machine.

    `rules` and `plain` are by the kernel's number of the call; a call in neither gets
    `otherwise`, and one that is newer than `newest`, or in `unknown`, gets `missing`, by which
    libraries know to take the older call.
    """

    machine: Machine
    plain: frozenset[int]
    rules: Mapping[int, Rule]
    unknown: frozenset[int]
    newest: int
    otherwise: Verdict
    missing: Verdict

    def program(self) -> bytes:
        """The filter as the kernel takes it: an array of `struct sock_filter`."""
        code = [
            _load(_MACHINE),
            *_unless(_Op.EQUAL, self.machine, KILL),
            _load(_NUMBER),
        ]
        if self.machine is Machine.X86_64:
            code += _when(_Op.AT_LEAST, _X32, KILL)
        for number in sorted(self.plain):
            code += _when(_Op.EQUAL, number, ALLOW)
        for number in sorted(self.unknown):
            code += _when(_Op.EQUAL, number, self.missing)
        for number, rule in sorted(self.rules.items()):
            block = _rule(rule)
            code += [(_Op.EQUAL, 0, len(block), number), *block]
        code += _when(_Op.AT_LEAST, self.newest + 1, self.missing)
        code.append(_give(self.otherwise))
        assert len(code) <= _MOST  # noqa: S101 - a fixed table, checked by every test
        return b"".join(struct.pack("=HBBI", *line) for line in code)


_Line = tuple[int, int, int, int]
"""Operation, lines to skip where it holds, lines to skip where not, operand."""


def _load(offset: int) -> _Line:
    return (_Op.LOAD, 0, 0, offset)


def _give(verdict: Verdict) -> _Line:
    return (_Op.RETURN, 0, 0, verdict)


def _when(op: _Op, operand: int, verdict: Verdict) -> list[_Line]:
    return [(op, 0, 1, operand), _give(verdict)]


def _unless(op: _Op, operand: int, verdict: Verdict) -> list[_Line]:
    return [(op, 1, 0, operand), _give(verdict)]


def _rule(rule: Rule) -> list[_Line]:
    lines = [line for step in rule.steps for line in _step(step)]
    return [*lines, _give(rule.otherwise)]


def _step(step: Step) -> Sequence[_Line]:
    load = _load(_ARGUMENTS + 8 * step.argument)
    match step.test:
        case Asked.ANY_BIT:
            return [load, *_when(_Op.ANY_BIT, _joined(step.values), step.verdict)]
        case Asked.NO_BIT:
            return [load, *_unless(_Op.ANY_BIT, _joined(step.values), step.verdict)]
        case Asked.ONE_OF:
            each = (_when(_Op.EQUAL, value, step.verdict) for value in step.values)
            return [load, *(line for lines in each for line in lines)]
        case Asked.NONE_OF:
            last = len(step.values)
            passes = [(_Op.EQUAL, last - n, 0, v) for n, v in enumerate(step.values)]
            return [load, *passes, _give(step.verdict)]


def _joined(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
