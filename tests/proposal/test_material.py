"""One class of failures with the calls that teach about it."""

from dataclasses import replace

from failonce.language import pattern
from failonce.language.forms import form
from failonce.model import KindName, Proposer
from failonce.proposal.material import Material
from tests.made import evidence, session
from tests.proposal.made import material, read


def three() -> Material:
    """Two sessions that fail, one of them twice, and what worked."""
    calls = [
        *session("a", [read({"file": "x"}, "no file 'x'"), read({"file": "y"})]),
        *session("b", [read({"file": "x"}, "no file 'x'"), read({"file": "x"}, "no file 'x'")]),
        *session("c", [evidence("look", {"at": 1})]),
    ]
    return material(calls, "read")


def test_clusters_are_those_that_failed_and_arguments_are_told_apart() -> None:
    made = three()
    assert made.clusters == {"a", "b"}
    assert made.failing_args == [{"file": "x"}] * 3
    assert made.working == {form({"file": "y"})}


def test_calls_without_arguments_teach_nothing_about_them() -> None:
    calls = session("a", [replace(read({"file": "x"}, "no"), message="no"), read({"file": "y"})])
    unknown = [replace(e, call=replace(e.call, args=None)) for e in calls]
    made = material(unknown, "read")
    assert (made.failing_args, made.working) == ([], set())


def test_a_proposal_rests_on_every_failure_of_the_class() -> None:
    made = three().propose(kind=KindName.HINT, key="k", name="n", body="b", reason="r")
    assert made.support == ("a-0", "b-0", "b-1")
    assert made.support_clusters == ("a", "b")
    assert made.proposer is Proposer.MINER
    rule = three().propose(kind=KindName.RULE, key="k", name="n", body="b", reason="r")
    assert rule.target == "read"


def test_the_pattern_of_a_class_finds_its_messages() -> None:
    made = three()
    assert all(pattern.matches(made.regex(), e.failure.message) for e in made.episodes)
    assert not pattern.matches(made.regex(), "something else")
