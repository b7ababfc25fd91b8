"""What a guardrail can ask of the session that a call is made in.

What was seen there counts: calls, and that they failed. What was not seen may have happened
all the same (before the session, in another program), so nothing is stopped for that alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from failonce.errors import BadInput
from failonce.kinds.behaviour import Situation, only, text
from failonce.model import Json, Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """The guardrail is silent where one of `tools` worked before in the session.

    With `same` only a call counts that gave the value of this argument, under any name.
    """

    tools: tuple[str, ...]
    same: str = ""

    def __str__(self) -> str:
        """In a reader's words: `Read or Write did not work before with the same path`."""
        same = f" with the same `{self.same}`" if self.same else ""
        return f"{' or '.join(f'`{t}`' for t in self.tools)} did not work before{same}"

    def happened(self, situation: Situation) -> bool:
        """Whether the session did so, as far as it is known."""
        args = situation.call.args or {}
        if self.same and (self.same not in args or "<redacted:" in repr(args[self.same])):
            return True  # nothing to compare: two secrets look alike once they are hidden
        return any(
            past.call.tool in self.tools
            and past.answer.worked
            and (not self.same or gives(past, args[self.same]))
            for past in reversed(situation.past)
        )


def gives(past: Past, value: Json) -> bool:
    """Whether an earlier call gave a value, under any name; to Python `True` is also 1."""
    given = (past.call.args or {}).values()
    return any(v == value and isinstance(v, bool) == isinstance(value, bool) for v in given)


def streak(situation: Situation, fingerprint: str) -> int:
    """How many calls of the tool in a row failed so, the last one first."""
    count = 0
    for past in reversed(situation.past):
        if past.call.tool != situation.call.tool:
            continue
        failure = past.answer.failure
        if failure is None or (failure.signature and failure.signature != fingerprint):
            break
        count += failure.signature == fingerprint
    return count


def dump_unless(unless: Unless) -> dict[str, Json]:
    """The condition as plain data for a lesson's body."""
    return {"tools": list(unless.tools)} | ({"same": unless.same} if unless.same else {})


def load_unless(given: Json) -> Unless:
    """The condition that `dump_unless` wrote; raises `BadInput` on anything else."""
    if not isinstance(given, Mapping):
        raise BadInput("`unless_before` is a mapping with `tools` and, where needed, `same`.")
    only(given, "unless_before", "tools", "same")
    if "same" in given and not given["same"]:
        raise BadInput("`same` names an argument.")
    return Unless(tools=tools_in(given.get("tools"), "tools"), same=text(given, "same", ""))


def tools_in(given: Json, of: str) -> tuple[str, ...]:
    """A list of tools; raises `BadInput` for anything else."""
    found = () if isinstance(given, str) or not isinstance(given, Sequence) else tuple(given)
    known = tuple(name for name in found if isinstance(name, str) and name)
    if not known or known != found:
        raise BadInput(f"`{of}` must be a list of tools.")
    return known
