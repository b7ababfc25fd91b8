"""The card as people read it: its order, its width, and nothing that could steer a terminal."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from failonce.model import KindName
from failonce.surfaces.card import build
from failonce.surfaces.card.values import Called, Card, Judged
from failonce.surfaces.cli.card import call_text, changes, lines
from failonce.surfaces.cli.folding import WIDEST, cut
from failonce.surfaces.words import duration
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


def text(card: Card, width: int = 100) -> str:
    return "\n".join(line.text for line in lines(card, width))


def guardrail(sessions: int = 6) -> Card:
    calls = renamed(sessions)
    return build(material(waiting(KindName.GUARDRAIL, BLOCK, calls, taught=("r0", "r1")), calls))


def test_it_leads_with_the_proof_what_it_does_its_safety_and_what_one_can_do() -> None:
    said = text(guardrail())
    titles = [
        "Prevented 4 of 4 failures in 4 sessions",
        "a guardrail for `read`: waiting for a person",
        "\nWhat it does\n",
        "Stops a call of `read` when `path` is given.",
        "\nIs it safe?\n",
        "Of 12 recorded calls that worked it would have stopped none.",
        "\nWhat you can do\n",
        "failonce approve GR-",
        "\nWhat it would have done\n",
        "\nThe newest 6 calls that it touches\n",
        "\nWhat it would save\n",
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
        "    2026-03-03 09:00, r2\n"
        '      called    read(path="notes-2.txt")\n'
        "      failed    unexpected argument 'path'\n"
        '      with it   path: "notes-2.txt" → gone, file: "notes-2.txt" (new)\n'
        "      in truth  that very call worked, 2 calls later, 20 s\n"
    ) in said
    assert "6 calls and 60 s: what callers spent until they had mended 3 such failures" in said


def test_inserted_calls_are_named_before_the_call() -> None:
    calls = started(4)
    one = waiting(KindName.FIXER, pressing(), calls, target="start")
    said = text(build(material(one, calls)), 110)
    assert "  - Calls: press(force=1.0)\n  - Then makes the same call\n" in said
    assert "with it   after press(force=1.0), the same call" in said
    assert "less 4 calls that it makes" in " ".join(said.split())
    assert "It would call `press`: it writes (its name says so)." in said


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


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45 s"), (600, "10 min"), (7200, "2.0 h"), (3600000, "1,000.0 h")]
)
def test_durations_are_said_in_one_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# ------------------------------------------------------------------ hostile text

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("\x00\x07\x1b\r\n\t\u200b\u202e\u2066\u2028\x9b…漢字é ")),
    ),
    max_size=120,
)


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
    card = replace(card, does=(a, b), proof=(b,), compared_with=a)
    for line in lines(card, width):
        assert cell_len(line.text) <= width
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in line.text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_real_cards_fit(width: int) -> None:
    calls = started(4)
    cards = [guardrail(), build(material(waiting(KindName.RULE, "Say it.", calls), calls))]
    for card in cards:
        assert max(cell_len(line.text) for line in lines(card, width)) <= width


# ------------------------------------------------------------------ the command


def test_show_prints_the_card_at_the_width_of_the_terminal(shell: Shell) -> None:
    name = shell.lesson("fixer")
    shell.set("COLUMNS", "60")
    said = shell.ok("show", name).out
    assert f"\n{name}, a fixer for `read`: waiting for a person\n" in said
    assert max(map(len, said.splitlines())) <= 60
    shell.set("COLUMNS", "300")
    assert max(map(len, shell.ok("show", name).out.splitlines())) <= WIDEST


def test_show_as_json_holds_the_whole_card(shell: Shell) -> None:
    name = shell.lesson("fixer")
    found = shell.ok("show", name, "--json").json
    assert (found["id"], found["kind"], found["history"][0]["action"]) == (name, "fixer", "propose")
    card = found["card"]
    assert card["hits"]["counts"] == {"right": 12, "wrong": 0, "unclear": 0, "shown": 0}
    assert len(card["hits"]["examples"]["right"]) == 12
    assert card["savings"] == {
        "failures": 12,
        "calls": 12,
        "seconds": 12.0,
        "inserted": 0,
        "never": 0,
        "at_most": False,
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


def test_a_large_project_is_read_by_tool_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is known of calls of other tools in between, and the card says less."""
    name = shell.lesson("fixer")
    monkeypatch.setattr("failonce.surfaces.card.material.MOST", 10)
    found = shell.ok("show", name, "--json").json["card"]
    assert found["hits"]["counts"]["right"] == 12
    assert found["narrowed"]


def test_a_rule_written_by_hand_has_a_card_without_history(shell: Shell) -> None:
    name = shell.ok("learn", "notes", "Write dates as 2026-03-01.", "--json").json["id"]
    said = shell.ok("show", name).out
    assert "Shows agents that use `notes` one sentence: “Write dates as 2026-03-01.”" in said
    assert "written by a person" in said
    assert "write it into the skill file of `notes`" in said


def test_hostile_recordings_are_shown_escaped(shell: Shell) -> None:
    calls = recorded(12)
    for c in calls:
        c["text"] = c["text"].replace("Error:", "Error \x1b[2J\u202e:")
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    shell.ok("mine")
    for lesson in shell.ok("lessons", "--json").json:
        for args in (["show", lesson["id"]], ["show", lesson["id"], "--json"]):
            said = shell.ok(*args).out
            assert not {"\x1b", "\u202e"} & set(said)


def test_examples_of_each_sort_are_limited_and_the_rest_is_counted(shell: Shell) -> None:
    said = shell.ok("show", shell.lesson("fixer")).out
    assert "Where it would have been right (and 9 more, with --json)" in said
    assert said.count("      called    ") == 3
    assert Judged.RIGHT in said
