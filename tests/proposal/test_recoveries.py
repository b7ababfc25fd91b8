"""Recoveries: what changed in the arguments between the failed call and the one that worked."""

from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.model import Category, Evidence
from failonce.proposal import recoveries
from tests.made import evidence
from tests.proposal.made import Plain, parsed, read, thrice


def test_a_renamed_argument_becomes_a_repair_before_the_call() -> None:
    made = recoveries.mine(
        thrice(lambda n: [read({"path": f"f{n}"}, "no"), read({"file": f"f{n}"})]), Plain()
    )
    body = parsed(made, ArgumentsFixer)
    assert body.moment is Moment.BEFORE
    assert str(body.when) == "`path` is given"
    assert str(body.repair) == "rename `path` to `file`"
    assert made is not None
    assert made.support_clusters == ("s0", "s1", "s2")
    assert made.support == ("s0-0", "s1-0", "s2-0")


def test_a_repair_that_arguments_do_not_announce_waits_for_the_failure() -> None:
    made = recoveries.mine(
        thrice(
            lambda n: [
                read({"file": f"dir/first{n}"}, "no"),
                read({"file": f"first{n}"}),
                read({"file": f"dir/other{n}"}),
            ]
        ),
        Plain(),
    )
    assert parsed(made, ArgumentsFixer).moment is Moment.AFTER_FAILURE


def test_no_repair_is_learned_where_callers_did_different_things() -> None:
    fixes = [{"a": "x1"}, {"b": "x2"}, {"c": "x3"}]
    made = recoveries.mine(
        thrice(lambda n: [read({"q": f"x{n + 1}"}, "no"), read(fixes[n])]), Plain()
    )
    assert made is None


def test_the_same_arguments_under_another_tools_name_teach_nothing_about_arguments() -> None:
    def renamed(n: int) -> list[Evidence]:
        gone = read({"file": f"f{n}"}, "no such tool", Category.MISSING_TOOL)
        return [gone, evidence("read_file", {"file": f"f{n}"})]

    assert recoveries.mine(thrice(renamed), Plain()) is None
