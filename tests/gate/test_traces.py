"""What is left behind in the world, and looks that take what they show."""

from dataclasses import replace

from failonce.gate.traces import unsteady
from failonce.model import Evidence, ToolSpec
from tests.made import evidence

PEEK = {"peek": ToolSpec(name="peek", read_only=True)}


def _looked(session: str, *answers: str, between: str = "") -> list[Evidence]:
    made: list[Evidence] = []
    for n, answer in enumerate(answers):
        e = evidence("peek", {"box": "a"}, session=session, n=2 * n)
        made.append(replace(e, message=answer))
        if between:
            made.append(evidence(between, {"box": "a"}, session=session, n=2 * n + 1))
    return made


def test_a_look_whose_answer_changes_by_itself_is_unsteady() -> None:
    """In two sessions at least, with nothing done in between."""
    twice = [*_looked("s", "1", "2"), *_looked("t", "3", "4")]
    assert unsteady(twice, PEEK) == {"peek"}
    assert unsteady(_looked("s", "1", "2", "3"), PEEK) == frozenset()
    assert unsteady([*_looked("s", "1", "1"), *_looked("t", "2", "2")], PEEK) == frozenset()


def test_after_a_call_that_acts_another_answer_is_no_wonder() -> None:
    acted = [*_looked("s", "1", "2", between="put"), *_looked("t", "3", "4", between="put")]
    assert unsteady(acted, PEEK) == frozenset()
    read = [*_looked("s", "1", "2", between="get_x"), *_looked("t", "3", "4", between="get_x")]
    assert "peek" in unsteady(read, PEEK)
