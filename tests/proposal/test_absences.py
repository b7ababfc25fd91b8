"""Absences: what several sessions asked for in vain, and was not there since."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import Situation, Warn
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.asking import names
from failonce.model import Args, Call, Category, Evidence, Proposal
from failonce.proposal import absences
from tests.made import evidence
from tests.proposal.made import Plain, sessions, study

HOUR = timedelta(hours=1)
GONE = "no such file or folder"


def failed(args: Args, tool: str = "read_file", error: str = GONE) -> Evidence:
    return evidence(tool, args, error, category=Category.NOT_FOUND)


def later(calls: list[Evidence]) -> list[Evidence]:
    """The calls with their sessions one hour after another."""
    order = sorted({e.call.session for e in calls})
    return [replace(e, at=e.at + order.index(e.call.session) * HOUR) for e in calls]


def mined(calls: list[Evidence]) -> list[Proposal]:
    return list(absences.mine(study(later(calls)), frozenset(), Plain()))


def said(calls: list[Evidence]) -> list[str]:
    """What is proposed, in words."""
    return [Guardrail.parse(p.body, p.target).summary() for p in mined(calls)]


def missing(n: int) -> list[Evidence]:
    """A folder that is asked for below another home each time, and something else besides."""
    return [
        failed({"path": f"/home/u{n}/app/old/part{n}.py"}),
        evidence("read_file", {"path": f"/home/u{n}/app/new/part{n}.py"}),
    ]


def test_what_three_sessions_miss_is_warned_of_by_its_longest_name() -> None:
    (proposal,) = mined(sessions(3, missing))
    guard = Guardrail.parse(proposal.body, proposal.target)
    assert guard.strength is Strength.WARN
    assert guard.summary() == "warn when `path` names `app/old`"
    assert proposal.support_clusters == ("s0", "s1", "s2")
    asked = Situation(call=Call(tool="read_file", args={"path": "/srv/app/old"}))
    assert isinstance(guard.before(asked), Warn)


def test_two_sessions_are_too_few() -> None:
    assert said(sessions(2, missing)) == []


def test_what_was_there_since_is_not_missed() -> None:
    back = evidence("read_file", {"path": "/srv/app/old/x.py"})
    assert said(sessions(4, lambda n: [back] if n == 3 else missing(n))) == []
    assert said(sessions(4, lambda n: [back] if n == 0 else missing(n))) != []


def test_what_was_made_since_is_not_missed() -> None:
    made = evidence("write_file", {"file": "/srv/app/old/x.py", "text": "x"})
    assert said(sessions(4, lambda n: [made] if n == 3 else missing(n))) == []


def test_a_command_that_says_nothing_says_nothing_of_what_is_there() -> None:
    def make(n: int, command: str, answer: str) -> list[Evidence]:
        looked = replace(evidence("shell", {"command": command}), message=answer)
        listed = failed({"command": f"ls /home/u{n}/app/old"}, "shell")
        return [looked] if n == 3 else [listed]

    def told(command: str, answer: str = "") -> bool:
        return bool(said(sessions(4, lambda n: make(n, command, answer))))

    assert told("find /srv/app/old -name '*.py' 2>/dev/null")
    assert not told("find /srv/app/old -name '*.py' 2>/dev/null", "app/old/x.py")
    assert not told("mkdir -p /srv/app/old")


def test_a_search_that_finds_nothing_says_nothing_of_what_is_there() -> None:
    search = evidence("search", {"pattern": "app/old/*.py"})
    assert said(sessions(4, lambda n: [search] if n == 3 else missing(n))) != []


def test_each_tool_that_misses_it_warns_for_itself() -> None:
    def make(n: int) -> list[Evidence]:
        listed = failed({"command": f"ls -l /home/u{n}/app/old | head"}, "shell")
        return [listed] if n == 2 else missing(n)

    assert said(sessions(3, make)) == [
        "warn when `path` names `app/old`",
        "warn when `command` names `app/old`",
    ]


def test_where_the_error_names_what_is_missing_nothing_else_is_blamed() -> None:
    args: Args = {"path": "app/old", "pattern": "always the same"}
    listed = failed(args, "search", "path does not exist: app/old")
    assert said(sessions(3, lambda _: [listed])) == ["warn when `path` names `app/old`"]


def test_what_callers_used_instead_is_said() -> None:
    def make(n: int) -> list[Evidence]:
        place = f"/home/u{n}/app"
        return [
            failed({"path": f"{place}/conf.yml"}),
            evidence("read_file", {"path": f"{place}/conf.yaml"}),
        ]

    (proposal,) = mined(sessions(3, make))
    assert "guardrail_warning: app/conf.yaml" in proposal.body


def test_what_a_repair_answers_needs_no_warning() -> None:
    calls = later(sessions(4, missing))
    failures = [e.id for e in calls if e.failed]
    assert list(absences.mine(study(calls), set(failures[:1]), Plain())) != []
    assert list(absences.mine(study(calls), set(failures[:2]), Plain())) == []


def test_a_secret_is_nobodys_thing() -> None:
    assert said(sessions(3, lambda _: [failed({"path": "/etc/<redacted:token>/x"})])) == []


def test_other_failures_are_not_absences() -> None:
    refused = evidence("read_file", {"path": "app/old/x.py"}, "denied", category=Category.AUTH)
    assert said(sessions(3, lambda _: [refused])) == []


def test_the_order_of_calls_does_not_matter() -> None:
    calls = sessions(3, missing)
    assert mined(calls) == mined(calls)
    assert [p.body for p in mined(calls)] == [p.body for p in mined(calls[::-1])]


@given(st.text(alphabet="abcde/.- '*", max_size=60))
def test_every_thing_in_a_text_is_named_by_it(text: str) -> None:
    """What is mined is what the guardrail finds, where a path is not written in two ways."""
    parts = text.replace("'", " ").replace(" ", "/").split("/")
    if not any(part in ("", ".", "..") for part in parts[1:-1]):
        assert all(names(text, thing) for thing in absences.things(text))
