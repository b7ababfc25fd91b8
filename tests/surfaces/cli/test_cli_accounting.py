"""Every recorded call has one end: `failonce import` and `failonce mine` add up to the unit."""

from tests.surfaces.cli.made import PROJECT, Shell, call, history, write

BESIDE = [
    call("edit", {"a": 1}, "The user doesn't want to proceed with this tool use.", session="x"),
    call("look", {"a": 1}, "<tool_use_error>Sibling tool call errored", session="x", n=1),
    call("run_tests", {}, "3 failed, 2 passed in 0.2s", session="x", n=2),
    {**call("city", {"name": "x"}, session="x", n=3), "text": '{"error": "no such city"}'},
]
"""A person's no, what fell with another call, a red test, and a failure without a flag."""


def test_what_import_and_mine_say_of_a_history_adds_up(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", [*history(), *BESIDE])
    seen = shell.ok("import", path, "--json").json
    assert seen["ignored"] == {"rejection": 1, "cascade": 1, "informative": 1}
    assert (seen["failures"], seen["hidden"], seen["good"]) == (25, 1, 360)
    assert seen["failures"] + sum(seen["ignored"].values()) + seen["good"] == seen["calls"] == 388
    (run,) = shell.ok("mine", "--project", PROJECT, "--json").json
    assert run["ignored"] == seen["ignored"]
    assert (run["contrast"], run["hidden"]) == (seen["good"], seen["hidden"])
    assert run["supported"] + run["gaps"] + run["below"] == run["failures"] == seen["failures"]
    assert run["failures"] + sum(run["ignored"].values()) + run["contrast"] == run["calls"] == 388
    assert (run["supported"], run["gaps"], run["below"]) == (24, 0, 1)


def test_mine_says_in_words_where_everything_ended(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", [*history(), *BESIDE])
    shell.ok("import", path)
    out = shell.ok("mine", "--project", PROJECT).out
    assert (
        "25 failures: 24 of classes that a lesson answers, 0 of classes that taught none, "
        "1 below the limits" in out
    )
    assert (
        "beside them: 360 good calls; no failures of a tool: 1 rejection, 1 cascade, 1 informative"
        in out
    )
