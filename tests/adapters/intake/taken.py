"""What becomes of parsed bodies: the evidence, as the server would take it in."""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from failonce.adapters.intake.parsed import Parsed
from failonce.evidence.redact import Redactor
from failonce.model import Evidence, Recording
from failonce.taking import Taking
from failonce.testing import FixedClock
from tests.made import START


def only(bodies: Iterable[Parsed]) -> Recording:
    """The one recording there is."""
    (found,) = [r for body in bodies for r in body.recordings]
    return found


def taken(*bodies: Parsed) -> list[Evidence]:
    """The evidence of several bodies, each by itself."""
    taking = Taking(clock=FixedClock(START), cleaner=Redactor())
    return [
        one
        for body in bodies
        for one in taking.evidence(body.recordings, modified=START, project="p")
    ]


def classes(*bodies: Parsed) -> list[str | None]:
    """The signature of each."""
    return [one.signature for one in taken(*bodies)]


def told(bodies: Iterable[Parsed]) -> str:
    """Everything that would be stored, as one text."""
    return repr(taken(*bodies))


_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(("exception", "error", "success", "failure", "execute_tool", "9" * 400))
)  # fmt: skip


def documents(*names: str) -> st.SearchStrategy[Any]:
    """Any JSON, in which fields of these names are frequent."""
    keys = st.sampled_from(names) | st.text(max_size=5)
    return st.recursive(
        _leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6)
        ),
        max_leaves=25,
    )  # fmt: skip
