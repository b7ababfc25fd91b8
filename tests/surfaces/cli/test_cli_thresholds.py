"""Thresholds that an operator sets change what is mined, applied and shown (D.3.11)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from failonce.compose import configure, opened
from failonce.surfaces.sdk import Advisor
from tests.surfaces.cli.made import PROJECT, START, Call, Shell, call, renamed, write


def passing(sessions: int, *, apart: timedelta = timedelta(minutes=10)) -> list[Call]:
    """Sessions in which a call fails and, unchanged, works a second later: a hint."""
    out: list[Call] = []
    for s in range(sessions):
        session = f"t{s}"
        out += [
            call("get_page", {"url": f"/{s}"}, "Error: connection reset by peer", session=session),
            *(call("get_page", {"url": f"/{s}"}, session=session, n=1 + i) for i in range(9)),
        ]
        for n, made in enumerate(out[-10:]):
            made["ts"] = (START + s * apart + timedelta(seconds=n)).isoformat()
            made["read_only"] = True
    return out


def mined(shell: Shell, calls: Sequence[Call]) -> list[str]:
    """The kinds of the lessons that these calls teach."""
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    shell.ok("mine")
    return sorted(x["kind"] for x in shell.ok("lessons", "--json").json)


@pytest.mark.proves("C16")
@pytest.mark.parametrize(
    ("name", "value", "kinds"),
    [
        ("", "", ["hint"]),
        ("HINTS__MIN_OCCURRENCES", "12", ["hint"]),
        ("HINTS__MIN_OCCURRENCES", "13", []),
        ("HINTS__WINDOW", "9m", []),
        ("HINTS__WINDOW", "10m", ["hint"]),
    ],
)
def test_a_hint_needs_failures_that_come_close_together(
    shell: Shell, name: str, value: str, kinds: list[str]
) -> None:
    if name:
        shell.set(f"FAILONCE_{name}", value)
    assert mined(shell, passing(12)) == kinds


@pytest.mark.proves("C16")
def test_a_hint_that_auto_applied_ends_after_its_own_time(shell: Shell) -> None:
    shell.set("FAILONCE_LEARNING__MODE", "auto")
    shell.set("FAILONCE_HINTS__TTL", "5h")
    shell.set("FAILONCE_LEARNING__TRIAL", "9h")
    mined(shell, [*passing(12), *renamed(12)])
    now = START.now(START.tzinfo)
    left = {
        x["kind"]: START.fromisoformat(x["valid_until"]) - now
        for x in shell.ok("lessons", "--state", "on-trial", "--json").json
    }
    assert abs(left["hint"] - timedelta(hours=5)) < timedelta(minutes=5)
    assert abs(left["fixer"] - timedelta(hours=9)) < timedelta(minutes=5)


@pytest.mark.proves("C16", "H24")
def test_auto_applies_what_is_sure_enough_for_its_kind(shell: Shell) -> None:
    shell.set("FAILONCE_LEARNING__MODE", "auto")
    shell.set("FAILONCE_SKILL__MIN_CONFIDENCE", "0.99")
    mined(shell, [*passing(12), *renamed(12)])
    found = {x["kind"]: x["state"] for x in shell.ok("lessons", "--json").json}
    assert (found["hint"], found["fixer"]) == ("on trial", "waiting")


@pytest.mark.proves("C16", "H24")
def test_a_hint_has_a_threshold_of_its_own(shell: Shell) -> None:
    shell.set("FAILONCE_LEARNING__MODE", "auto")
    shell.set("FAILONCE_HINTS__MIN_CONFIDENCE", "0.99")
    mined(shell, [*passing(12), *renamed(12)])
    found = {x["kind"]: x["state"] for x in shell.ok("lessons", "--json").json}
    assert (found["hint"], found["fixer"]) == ("waiting", "on trial")


@pytest.mark.proves("C16")
@pytest.mark.parametrize(("most", "shown"), [(None, 3), ("1", 1), ("4", 4)])
def test_a_call_is_shown_as_many_sentences_as_one_set(
    shell: Shell, most: str | None, shown: int
) -> None:
    if most:
        shell.set("FAILONCE_HINTS__MAX_SUGGESTIONS", most)
    shell.set("FAILONCE_OUTCOME__HOLDOUT", "false")
    for n in range(5):
        rule = f"Sentence number {n}."
        made = shell.ok("learn", "read", rule, "--project", PROJECT, "--json").json
        shell.ok("approve", made["id"])
    with opened(configure()) as parts:
        advice = Advisor(parts.loop, parts.clock).advise("read", {}, session="s", project=PROJECT)
    assert advice.message.count("Sentence number") == shown
