"""Suggestions: the error says what was meant, and the caller asked for that."""

from failonce.kinds.behaviour import Insert, Situation
from failonce.kinds.fixer import CallsFixer
from failonce.model import Call, Category, Evidence, Failure, Proposal
from failonce.proposal import suggestions
from tests.made import evidence
from tests.proposal.made import Plain, sessions, study

SAID = "No such file. Did you mean notes.yaml?"


def suggested(count: int, later: str, *, tool: str = "read_file") -> list[Evidence]:
    """Sessions in which an error suggests a name, and the caller reads `later`."""

    def make(n: int) -> list[Evidence]:
        failed = evidence(tool, {"path": f"d{n}/notes.yml"}, SAID, category=Category.NOT_FOUND)
        return [failed, evidence(tool, {"path": f"d{n}/{later}"})]

    return sessions(count, make)


def mined(calls: list[Evidence]) -> list[Proposal]:
    return list(suggestions.mine(study(calls), Plain()))


def test_what_callers_took_is_taken_for_them() -> None:
    (proposal,) = mined(suggested(2, "notes.yaml"))
    assert proposal.target == "read_file"
    body = CallsFixer.parse(proposal.body, proposal.target)
    assert str(body.program) == "the call with path = `path` with the name that the error suggests"
    situation = Situation(call=Call(tool="read_file", args={"path": "x/table.csv"}))
    effect = body.after(
        situation,
        Failure(
            message="not there; did you mean tables.csv?",
            signature="another class",
            category=Category.NOT_FOUND,
        ),
    )
    assert isinstance(effect, Insert)


def test_one_witness_is_too_few() -> None:
    assert mined(suggested(1, "notes.yaml")) == []


def test_what_nobody_took_is_not_proposed() -> None:
    assert mined(suggested(4, "notes.toml")) == []


def test_a_write_is_not_aimed_by_what_an_error_says() -> None:
    assert mined(suggested(4, "notes.yaml", tool="write_file")) == []


def test_an_error_that_suggests_something_else_entirely_teaches_nothing() -> None:
    def make(n: int) -> list[Evidence]:
        failed = evidence("read_file", {"path": f"d{n}/notes.yml"}, "Did you mean secrets.env?")
        return [failed, evidence("read_file", {"path": f"d{n}/secrets.env"})]

    assert mined(sessions(4, make)) == []
