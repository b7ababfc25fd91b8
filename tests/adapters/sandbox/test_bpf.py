"""The assembler of filters, by a small machine of our own that runs what it made."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.sandbox.bpf import (
    ALLOW,
    KILL,
    Asked,
    Filter,
    Machine,
    Rule,
    Step,
    Verdict,
    refuse,
)

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
WORD = 1 << 32
DENY, MISSING = refuse(1), refuse(38)


def run(program: bytes, machine: int, number: int, arguments: tuple[int, ...]) -> Verdict:
    """What the kernel would do: `struct seccomp_data` in, a verdict out; jumps only go on."""
    data = struct.pack("<IIQ6Q", number, machine, 0, *arguments)
    code = list(struct.iter_unpack("=HBBI", program))
    held, at = 0, 0
    while True:
        op, yes, no, operand = code[at]
        at += 1
        if op == LOAD:
            (held,) = struct.unpack_from("<I", data, operand)
        elif op == RETURN:
            return Verdict(operand)
        else:
            holds = {
                EQUAL: held == operand,
                AT_LEAST: held >= operand,
                ANY_BIT: bool(held & operand),
            }[op]
            at += yes if holds else no


def wanted(filtered: Filter, machine: int, number: int, arguments: tuple[int, ...]) -> Verdict:
    """The same from the description."""
    if machine != filtered.machine or (filtered.machine is Machine.X86_64 and number >= 0x40000000):
        return KILL
    if number in filtered.plain:
        return ALLOW
    if number in filtered.unknown:
        return filtered.missing
    if number in filtered.rules:
        rule = filtered.rules[number]
        passed = (s.verdict for s in rule.steps if holds(s, arguments[s.argument] % WORD))
        return next(passed, rule.otherwise)
    return filtered.missing if number > filtered.newest else filtered.otherwise


def holds(step: Step, value: int) -> bool:
    mask = 0
    for bits in step.values:
        mask |= bits
    return {
        Asked.ANY_BIT: bool(value & mask),
        Asked.NO_BIT: not value & mask,
        Asked.ONE_OF: value in step.values,
        Asked.NONE_OF: value not in step.values,
    }[step.test]


words = st.one_of(st.integers(0, 9), st.integers(0, WORD - 1))
steps = st.builds(
    Step,
    argument=st.integers(0, 5),
    test=st.sampled_from(Asked),
    values=st.lists(words, min_size=1, max_size=5).map(tuple),
    verdict=st.sampled_from([ALLOW, DENY, KILL]),
)
numbers = st.integers(0, 60)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """Filters over few numbers, so that every part is met."""
    plain = draw(st.frozensets(numbers, max_size=20))
    unknown = draw(st.frozensets(numbers, max_size=3)) - plain
    rules = draw(
        st.dictionaries(
            numbers,
            st.builds(
                Rule,
                steps=st.lists(steps, max_size=3).map(tuple),
                otherwise=st.sampled_from([ALLOW, DENY]),
            ),
            max_size=8,
        )
    )
    return Filter(
        machine=draw(st.sampled_from(Machine)),
        plain=plain,
        rules={n: r for n, r in rules.items() if n not in plain | unknown},
        unknown=unknown,
        newest=draw(st.integers(40, 60)),
        otherwise=DENY,
        missing=MISSING,
    )


@given(
    filtered=filters(),
    machine=st.sampled_from([*Machine, 0x40000003]),
    number=st.one_of(st.integers(0, 70), st.integers(0, WORD - 1)),
    arguments=st.tuples(*[st.one_of(words, st.integers(0, WORD * WORD - 1))] * 6),
)
def test_the_program_says_what_the_filter_says(
    filtered: Filter, machine: int, number: int, arguments: tuple[int, ...]
) -> None:
    """For any filter, processor, call and arguments, the upper halves of which do not count."""
    assert run(filtered.program(), machine, number, arguments) == wanted(
        filtered, machine, number, arguments
    )


@pytest.mark.parametrize("machine", Machine)
def test_another_processors_calls_kill(machine: Machine) -> None:
    """Programs for 32 bits have the same calls under other numbers."""
    empty = Filter(
        machine=machine,
        plain=frozenset({1}),
        rules={},
        unknown=frozenset(),
        newest=400,
        otherwise=DENY,
        missing=MISSING,
    )
    others = {0x40000003, 0xC000003E, 0xC00000B7, 0x40000028} - {machine}
    assert {run(empty.program(), m, 1, (0,) * 6) for m in others} == {KILL}
    assert run(empty.program(), machine, 1, (0,) * 6) == ALLOW
