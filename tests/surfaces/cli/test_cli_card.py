"""The card as people read it: its order, its width, and nothing that could steer a terminal."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from failonce.model import KindName
from failonce.surfaces.card import build
from failonce.surfaces.card.calls import call_text, changes, value_text
from failonce.surfaces.card.values import Called, Card, Doing
from failonce.surfaces.cli.card import lines
from failonce.surfaces.cli.folding import WIDEST
from failonce.surfaces.words import cut, duration
from tests.surfaces.card.made import (
    BLOCK,
    RENAME,
    call,
    material,
    pressing,
    renamed,
    started,
    waiting,
)
from tests.surfaces.cli.made import Shell, write
from tests.surfaces.cli.made import renamed as recorded

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("\x00\x07\x1b\r\n\t\u200b\u202e\u2066\u2028\x9b…漢字é ")),
    ),
    max_size=120,
)
"""Text that could steer a terminal or hide."""


def text(card: Card, width: int = 100, *, everything: bool = False) -> str:
    return "\n".join(line.text for line in lines(card, width, everything=everything))


def guardrail(sessions: int = 6) -> Card:
    calls = renamed(sessions)
    return build(material(waiting(KindName.GUARDRAIL, BLOCK, calls, taught=("r0", "r1")), calls))


def test_it_leads_with_the_proof_what_it_does_its_safety_and_what_one_can_do() -> None:
    said = text(guardrail(), everything=True)
    titles = [
        "Would have prevented 4 of 4 failures in 4 sessions",
        "Would have wrongly blocked 0 of 8 good calls",
        "a guardrail for `read`: waiting for your decision",
        "\nWhat it does\n",
        "When         an agent is about to call `read`, and `path` is given",
        "Then         Stops the call before it runs.",
        "\nIs it safe?\n",
        "\nWhat you can do\n",
        "failonce approve GR-",
        "\nWhat it would have done, on what is recorded\n",
        "18 calls of `read`: 12 that worked and 6 that failed.",
        "It applies to 6 of the 6 failures: 6 right.",
        "\nThe newest 6 calls that it touches\n",
        "\nWhere it comes from\n",
        "\nIts names and values, and where they come from\n",
        "\nThe text that an approval puts in force, all of it new\n",
        "\nWhat was checked\n",
    ]
    places = [said.index(title) for title in titles]
    assert places == sorted(places)


def test_an_example_shows_the_call_the_error_the_change_and_the_truth() -> None:
    calls = renamed(3)
    said = text(build(material(waiting(KindName.FIXER, RENAME, calls), calls)))
    assert (
        "  Where it would have been right (and 2 more): 2026-03-03 09:00, session r2\n"
        '      called    read(path="notes-2.txt")\n'
        "      failed    unexpected argument 'path'\n"
        '      with it   path: "notes-2.txt" → gone, file: "notes-2.txt" (new)\n'
        "      in truth  the agent made this call itself, and it worked (2 calls later, 20 s)\n"
    ) in said
    assert "what callers spent to mend 3 such failures: 2 calls and 20 s each" in said


def test_inserted_calls_are_named_before_the_call() -> None:
    calls = started(4)
    one = waiting(KindName.FIXER, pressing(), calls, target="start")
    said = text(build(material(one, calls)), 110)
    assert "Then         1. Calls press(force=1.0).\n" in said
    assert "               2. Makes the same call a second time, unchanged.\n" in said
    assert "with it   after press(force=1.0), the same call" in said
    assert "it makes 1 call of its own each time" in " ".join(said.split())
    everything = text(build(material(one, calls)), 110, everything=True)
    assert "It would call `press`: it writes (its name says so)." in everything


def test_where_it_would_be_wrong_comes_first() -> None:
    calls = [*renamed(5), call("read", {"path": "fine"}, session="z", n=9)]
    said = text(build(material(waiting(KindName.GUARDRAIL, BLOCK, calls), calls)))
    assert said.index("WRONG") < said.index("Where it would have been right")
    assert "in truth  it worked as it was" in said


def test_what_is_left_out_is_marked() -> None:
    assert cut("a" * 50, 60) == "a" * 50
    assert cut("word " * 100, 10) == "word word… (+489)"
    long = {"text": "x" * 5000, **{f"n{i}": i for i in range(200)}}
    said = call_text(Called(tool="send", args=long))
    assert len(said) < 260
    assert "… (+" in said
    assert call_text(Called(tool="t", args=None)) == "t(arguments not recorded)"


def test_changes_name_only_what_differs() -> None:
    before = Called(tool="a", args={"x": 1, "y": "s", "z": None})
    after = Called(tool="b", args={"y": "t", "z": None, "w": [1]})
    assert changes(before, after) == 'a → b, x: 1 → gone, y: "s" → "t", w: [1] (new)'
    assert changes(before, before) == "the same call"


def test_of_a_long_path_the_end_is_shown_and_of_two_long_values_what_differs() -> None:
    path = f"/home/{'deep/' * 30}notes.txt"
    shown = value_text(path)
    assert shown.startswith('"…/deep/')
    assert shown.endswith('/deep/notes.txt"')
    assert len(shown) <= 60
    before, after = Called(tool="a", args={"x": path}), Called(tool="a", args={"x": f"{path}.old"})
    assert changes(before, after) == 'x: "…/notes.txt" → "…/notes.txt.old"'
    long = "word " * 40
    before = Called(tool="a", args={"x": f"{long}one {long}"})
    after = Called(tool="a", args={"x": f"{long}two {long}"})
    said = changes(before, after)
    assert len(said) < 140
    assert "word one word" in said
    assert "word two word" in said


@given(HOSTILE, HOSTILE)
def test_two_values_that_differ_are_never_shown_alike(a: str, b: str) -> None:
    """However long they are and whatever they share."""
    before, after = Called(tool="t", args={"x": a * 3}), Called(tool="t", args={"x": b * 3})
    said = changes(before, after)
    if a == b:
        assert said == "the same call"
    elif "… (+" not in said:
        one, other = said.removeprefix("x: ").split(" → ", 1)
        assert one != other or a.split() == b.split() or " → " in a + b


def test_a_card_of_a_simple_lesson_is_one_screen() -> None:
    calls = renamed(8)
    one = waiting(KindName.FIXER, RENAME, calls, taught=("r0", "r1"))
    for found in (build(material(one, calls)), guardrail()):
        assert len(list(lines(found, 100))) <= 45
        assert len(list(lines(found, 100, everything=True))) > 60


def test_a_proof_that_counts_otherwise_says_so() -> None:
    """On other sessions, or by executing calls again."""
    calls = renamed(6)
    one = waiting(KindName.FIXER, RENAME, calls, taught=("r0", "r1"))
    said = " ".join(text(build(material(one, calls))).split())
    assert "The first line counts only what did not teach it" in said
    assert "4 failures and 8 good calls." in said
    one = waiting(KindName.FIXER, RENAME, calls)
    card = build(material(one, calls))
    assert "The first line" not in text(card)
    assert card.proven_on is not None
    again = replace(card, proven_on=replace(card.proven_on, repaired=2))
    assert "The first line counts 2 of 6 failures" in text(again)


def test_names_of_sessions_that_say_nothing_are_short() -> None:
    calls = [
        replace(
            e,
            call=replace(e.call, session=f"0a1b2c3d-0000-4000-8000-00000000000{e.call.session[1]}"),
        )
        for e in renamed(3)
    ]
    said = text(build(material(waiting(KindName.FIXER, RENAME, calls), calls)))
    assert "session 0a1b2c3d\n" in said


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45 s"), (600, "10 min"), (7200, "2.0 h"), (3600000, "1,000.0 h")]
)
def test_durations_are_said_in_one_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# ------------------------------------------------------------------ hostile text


@given(HOSTILE, HOSTILE, st.integers(40, 130))
def test_no_line_is_too_wide_and_nothing_hidden_is_printed(a: str, b: str, width: int) -> None:
    """Whatever a tool, an argument, an error, a reason or a body says."""
    calls = [
        replace(e, message=b, call=replace(e.call, tool=a or "t", session=b))
        for e in [
            call("read", {"path": a, b: [a, {b: a}]}, "error", session="s", n=0),
            call("read", {"path": a}, session="s", n=1),
        ]
    ]
    one = waiting(KindName.GUARDRAIL, BLOCK, calls, target=a or "t")
    proposal = replace(one.proposal, reason=b, body=a, project=b)
    card = build(material(replace(one, proposal=proposal), calls))
    does = Doing(when=a, then=(b, a), sees=b, fails=a, often=b)
    card = replace(card, does=does, proof=(b,), compared_with=a)
    for line in (*lines(card, width), *lines(card, width, everything=True)):
        assert cell_len(line.text) <= width
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in line.text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_real_cards_fit(width: int) -> None:
    calls = started(4)
    cards = [guardrail(), build(material(waiting(KindName.RULE, "Say it.", calls), calls))]
    for card in cards:
        for everything in (False, True):
            shown = lines(card, width, everything=everything)
            assert max(cell_len(line.text) for line in shown) <= width


# ------------------------------------------------------------------ the command


def test_show_prints_the_card_at_the_width_of_the_terminal(shell: Shell) -> None:
    name = shell.lesson("fixer")
    shell.set("COLUMNS", "60")
    said = shell.ok("show", name).out
    assert f"\n{name}, a fixer for `read`: waiting for your decision\n" in said
    assert max(map(len, said.splitlines())) <= 60
    shell.set("COLUMNS", "300")
    assert max(map(len, shell.ok("show", name).out.splitlines())) <= WIDEST


def test_show_as_json_holds_the_whole_card(shell: Shell) -> None:
    name = shell.lesson("fixer")
    found = shell.ok("show", name, "--json").json
    assert (found["id"], found["kind"], found["history"][0]["action"]) == (name, "fixer", "propose")
    card = found["card"]
    assert card["hits"]["counts"] == {
        "right": 12,
        "wrong": 0,
        "another": 0,
        "unclear": 0,
        "shown": 0,
        "false_alarm": 0,
    }
    assert len(card["hits"]["examples"]["right"]) == 12
    assert card["savings"] == {
        "failures": 12,
        "calls": 12,
        "seconds": 12.0,
        "inserted": 0,
        "never": 0,
        "at_most": False,
        "median_calls": 1,
        "median_seconds": 1.0,
    }
    assert card["choices"][0]["command"] == f"failonce approve {name}"
    assert card["support"]["failures"] == len(found["support"])


def test_a_decided_lesson_shows_what_became_of_it(shell: Shell) -> None:
    name = shell.lesson("fixer")
    shell.ok("approve", name, "--reason", "looks right")
    said = shell.ok("show", name).out
    assert "on trial, in force" in said
    assert ": looks right" in said
    assert f"failonce undo {name}" in said
    assert "failonce approve" not in said


def test_of_a_large_project_the_newest_sessions_are_read(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card says that it is not all."""
    name = shell.lesson("fixer")
    whole = shell.ok("show", name, "--json").json["card"]["hits"]["calls"]
    monkeypatch.setattr("failonce.surfaces.card.material.MOST", whole // 2)
    found = shell.ok("show", name, "--json").json["card"]
    assert 0 < found["hits"]["calls"] <= whole // 2
    assert found["narrowed"]
    assert "only what taught it and the newest sessions" in " ".join(
        shell.ok("show", name, "--all").out.split()
    )


def test_a_rule_written_by_hand_has_a_card_without_history(shell: Shell) -> None:
    name = shell.ok("learn", "notes", "Write dates as 2026-03-01.", "--json").json["id"]
    said = shell.ok("show", name).out
    assert "Shows it one sentence; the call runs unchanged." in said
    assert "Agent sees   “Write dates as 2026-03-01.”" in said
    assert "Proposed by a person." in said
    assert "written by a person" in shell.ok("show", name, "--all").out
    assert "write it into the skill file of `notes`" in said


def test_hostile_recordings_are_shown_escaped(shell: Shell) -> None:
    calls = recorded(12)
    for c in calls:
        c["text"] = c["text"].replace("Error:", "Error \x1b[2J\u202e:")
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    shell.ok("mine")
    for lesson in shell.ok("lessons", "--json").json:
        for how in ([], ["--all"], ["--json"]):
            said = shell.ok("show", lesson["id"], *how).out
            assert not {"\x1b", "\u202e"} & set(said)


def test_examples_of_each_sort_are_limited_and_the_rest_is_counted(shell: Shell) -> None:
    name = shell.lesson("fixer")
    said = shell.ok("show", name).out
    assert "Where it would have been right (and 11 more)" in said
    assert said.count("      called    ") == 1
    assert f"failonce show {name} --all" in said
    said = shell.ok("show", name, "--all").out
    assert "Where it would have been right (and 7 more)" in said
    assert said.count("      called    ") == 5
