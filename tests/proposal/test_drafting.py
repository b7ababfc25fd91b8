"""A proposal drafted from the cases that taught it."""

from failonce.model import KindName, Proposer
from failonce.proposal.drafting import draft
from tests.proposal.made import read, sessions, study


def test_a_proposal_says_what_it_was_learned_from_and_what_it_answers() -> None:
    calls = sessions(3, lambda n: [read({"file": "a"}, f"no {n % 2}"), read({"file": "b"}, "no 0")])
    cases = study(calls).cases
    made = draft(
        cases,
        kind=KindName.FIXER,
        target="Read File",
        key="k",
        name="n",
        body="b",
        reason="r",
    )
    assert made.signatures == ("sig:read:no 0", "sig:read:no 1")
    assert set(made.support) == {e.id for e in calls}
    assert made.support_clusters == ("s0", "s1", "s2")
    assert (made.project, made.proposer) == ("p", Proposer.MINER)
    assert made.target == "Read File"


def test_a_rule_is_for_a_file_named_like_the_tool() -> None:
    cases = study(sessions(1, lambda _: [read({"file": "a"}, "no")])).cases
    made = draft(cases, kind=KindName.RULE, target="Read File", key="", name="", body="", reason="")
    assert made.target == "read-file"
