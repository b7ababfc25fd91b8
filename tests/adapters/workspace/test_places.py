"""Blocks in files that agents read, Agent Skills, and lessons as YAML: each where it was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skills_ref.validator import validate

from failonce.adapters.workspace import FileWorkspace, Places, Standing
from failonce.errors import BadInput, RefusedLesson
from failonce.model import Category, Lesson, Signature
from failonce.projections import lesson_file
from failonce.projections.own_file import without_mark
from failonce.testing.samples import START
from tests.adapters.workspace.made import everything, fixer, guardrail, posix, rule

ALL = Places(
    blocks=(Path("AGENTS.md"), Path("CLAUDE.md")),
    agent_skills=(Path(".claude/skills"),),
    yaml=True,
)
CLAUDE = b"# Claude\n"
"""A file of a person's."""


class Known:
    """What is known of lessons: their effect by id, and one class of failures for each."""

    def __init__(self, effect: Mapping[str, float], hits: Mapping[str, int] | None = None) -> None:
        self._effect = effect
        self._hits = hits or {}

    def signatures(self, lessons: Sequence[Lesson]) -> Mapping[str, Signature]:
        return {x.id: signature(self._hits[x.id]) for x in lessons if x.id in self._hits}

    def effect(self, lesson: Lesson) -> float:
        return self._effect.get(lesson.id, 0.0)


def signature(hits: int) -> Signature:
    return Signature(
        id="f1",
        scheme=1,
        project="shop",
        tool="get_item",
        error_type="KeyError",
        template="no item <int>",
        category=Category.NOT_FOUND,
        first_seen=START,
        last_seen=START,
        hits=hits,
        hits_7d=hits,
        hits_30d=hits,
        sessions=4,
        impact=float(hits),
    )


def workspace(root: Path, places: Places = ALL, facts: Known | None = None) -> FileWorkspace:
    """Over a project's root."""
    return FileWorkspace(
        root / "skills", project="shop", places=replace(places, root=root), facts=facts
    )


def test_one_rule_stands_in_every_chosen_place_and_leaves_each(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_bytes(b"# Agents\nno line end")
    (tmp_path / "CLAUDE.md").write_bytes(CLAUDE)
    before = everything(tmp_path)
    files = workspace(tmp_path)
    lessons = [rule(1), rule(2, "Other.", target="get_item"), guardrail(3)]
    changed = files.reconcile(lessons)
    found = everything(tmp_path)
    assert {tmp_path / x for x in found} == set(map(Path, changed))
    assert set(found) == {
        "AGENTS.md",
        "CLAUDE.md",
        ".claude/skills/failonce-card/SKILL.md",
        ".claude/skills/failonce-get-item/SKILL.md",
        "skills/card.md",
        "skills/get_item.md",
        f"skills/{lesson_file.file_name(guardrail(3))}",
    }
    for name in ("AGENTS.md", "CLAUDE.md"):
        assert b"- `card`: Call `list` before `get`. <!-- RU-00000001 -->" in found[name]
        assert b"- `get_item`: Other. <!-- RU-00000002 -->" in found[name]
    assert b"\n- Other. <!--" in found["skills/get_item.md"]
    assert files.reconcile(lessons) == []
    assert {x.standing for x in files.look(lessons)} == {Standing.AGREES}
    files.reconcile([])
    assert everything(tmp_path) == before
    assert not list(tmp_path.glob(".claude/skills/*"))


def test_every_folder_is_valid_by_the_standards_own_validator(tmp_path: Path) -> None:
    targets = ("card", "get_item", "get-item", "x" * 64, "a__b")
    workspace(tmp_path).reconcile([rule(n, target=t) for n, t in enumerate(targets)])
    folders = list(tmp_path.glob(".claude/skills/*"))
    assert len(folders) == 4, "get_item and get-item share one"
    assert [validate(x) for x in folders] == [[]] * 4
    both = (tmp_path / ".claude/skills/failonce-get-item/SKILL.md").read_text()
    assert "- `get_item`: Call" in both
    assert "- `get-item`: Call" in both


@pytest.mark.proves("S19", "S20", "S29a")
def test_yaml_holds_the_seeds_keys_and_follows_the_store(tmp_path: Path) -> None:
    one = guardrail(1)
    files = workspace(tmp_path, facts=Known({}, {one.id: 7}))
    files.reconcile([one, fixer(2)])
    mended = lesson_file.parse((tmp_path / "skills" / lesson_file.file_name(fixer(2))).read_text())
    assert (mended.status, mended.dry_run, mended.hits_7d) == ("approved", False, 0)
    path = tmp_path / "skills" / lesson_file.file_name(one)
    told = without_mark(path.read_text())
    assert told == lesson_file.render(one, signature(7))
    assert lesson_file.parse(path.read_text()).body == one.proposal.body
    workspace(tmp_path, facts=Known({}, {one.id: 8})).reconcile([one])
    assert "hits_7d: 8" in path.read_text()
    assert [x for x in everything(tmp_path) if x.startswith("skills")] == [f"skills/{path.name}"]
    workspace(tmp_path, replace(ALL, yaml=False)).reconcile([one])
    assert everything(tmp_path) == {}


def test_files_of_others_in_our_folders_stay(tmp_path: Path) -> None:
    files = workspace(tmp_path)
    files.reconcile([rule(1), guardrail(2)])
    mine = {
        ".claude/skills/failonce-card/notes.txt": b"mine",
        ".claude/skills/failonce-own/SKILL.md": b"---\nname: failonce-own\n---\n",
        ".claude/skills/other/SKILL.md": b"---\nname: other\n---\n",
        "skills/GR-00000009_mine.yaml": b"id: GR-00000009\n",
    }
    for name, content in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    files.reconcile([rule(1), guardrail(2)])
    files.reconcile([])
    assert everything(tmp_path) == mine


def test_a_file_of_somebody_else_in_the_place_of_ours_is_refused_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    theirs = tmp_path / ".claude/skills/failonce-card/SKILL.md"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"---\nname: failonce-card\n---\nmine\n")
    with pytest.raises(BadInput, match=r"failonce-card/SKILL\.md was left as it is"):
        workspace(tmp_path).reconcile([rule(1)])
    assert theirs.read_bytes().endswith(b"mine\n")
    assert b"Call" in (tmp_path / "AGENTS.md").read_bytes()


# ------------------------------------------------------------- links


@posix
def test_a_link_from_one_chosen_file_to_the_other_is_written_once(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_bytes(b"# Agents\n")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    (tmp_path / ".agents/skills").mkdir(parents=True)
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude/skills").symlink_to("../.agents/skills")
    both = replace(ALL, agent_skills=(Path(".claude/skills"), Path(".agents/skills")))
    files = workspace(tmp_path, both)
    files.reconcile([rule(1)])
    assert (tmp_path / "CLAUDE.md").is_symlink()
    assert (tmp_path / "AGENTS.md").read_bytes().count(b"- `card`: Call") == 1
    assert len([x for x in files.look([rule(1)]) if x.form == "agent skill"]) == 1
    files.reconcile([])
    assert (tmp_path / "AGENTS.md").read_bytes() == b"# Agents\n"


@posix
@pytest.mark.parametrize("link", ["AGENTS.md", ".claude", ".claude/skills"])
def test_no_link_leads_out_of_the_project(tmp_path: Path, link: str) -> None:
    away, project = tmp_path / "away", tmp_path / "project"
    away.mkdir()
    (project / link).parent.mkdir(parents=True)
    (project / link).symlink_to(away / "file" if link == "AGENTS.md" else away)
    with pytest.raises(BadInput, match="leads out of the project"):
        workspace(project).reconcile([rule(1)])
    assert everything(away) == {}
    assert b"Call" in (project / "skills/card.md").read_bytes()


@posix
def test_a_link_in_the_place_of_a_skills_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / ".claude/skills").mkdir(parents=True)
    (tmp_path / ".claude/skills/failonce-card").symlink_to(tmp_path / "away")
    with pytest.raises(BadInput, match="its folder is a link"):
        workspace(tmp_path).reconcile([rule(1)])
    assert everything(tmp_path / "away") == {}


def test_a_file_that_asks_for_another_one_gets_no_rules_twice(tmp_path: Path) -> None:
    """`@AGENTS.md` in a CLAUDE.md is how Claude Code reads both."""
    (tmp_path / "CLAUDE.md").write_bytes(b"# Claude\n@AGENTS.md\n")
    (tmp_path / "AGENTS.md").write_bytes(b"# Agents\nlike @CLAUDE.md\n")
    files = workspace(tmp_path)
    files.reconcile([rule(1)])
    with_rules = [x for x in ("AGENTS.md", "CLAUDE.md") if b"Call" in (tmp_path / x).read_bytes()]
    assert len(with_rules) == 1
    (tmp_path / "AGENTS.md").write_bytes(b"# Agents\n")
    (tmp_path / "CLAUDE.md").write_bytes(b"# Claude\n")
    files.reconcile([rule(1)])
    (tmp_path / "CLAUDE.md").write_bytes(
        b"see @./AGENTS.md\n" + (tmp_path / "CLAUDE.md").read_bytes()
    )
    files.reconcile([rule(1)])
    assert (tmp_path / "CLAUDE.md").read_bytes() == b"see @./AGENTS.md\n# Claude\n"


def test_no_file_is_made_that_keeps_another_from_being_read(tmp_path: Path) -> None:
    """Claude Code reads an AGENTS.md only where no CLAUDE.md is."""
    both, alone = workspace(tmp_path), workspace(tmp_path, Places(blocks=(Path("CLAUDE.md"),)))
    both.reconcile([rule(1)])
    assert b"Call" in (tmp_path / "AGENTS.md").read_bytes()
    assert not (tmp_path / "CLAUDE.md").exists()
    with pytest.raises(BadInput, match="Claude Code would not read"):
        alone.reconcile([rule(1)])
    assert not (tmp_path / "CLAUDE.md").exists()
    (tmp_path / "AGENTS.md").unlink()
    alone.reconcile([rule(1)])
    assert b"Call" in (tmp_path / "CLAUDE.md").read_bytes()
    both.reconcile([rule(1)])
    assert b"Call" in (tmp_path / "AGENTS.md").read_bytes()
    assert not (tmp_path / "CLAUDE.md").exists()


def test_no_rule_counts_as_a_file_that_asks_for_another(tmp_path: Path) -> None:
    (tmp_path / "CLAUDE.md").write_bytes(CLAUDE)
    files = workspace(tmp_path)
    rules = [rule(1, "Look at @CLAUDE.md and ` @AGENTS.md` first.")]
    files.reconcile(rules)
    assert files.reconcile(rules) == []
    assert b"Look at &#64;CLAUDE.md and ` @AGENTS.md`" in (tmp_path / "AGENTS.md").read_bytes()
    assert b"Look at" in (tmp_path / "CLAUDE.md").read_bytes()


def test_a_file_outside_may_be_named_by_its_whole_path_alone(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    home.mkdir()
    places = Places(blocks=(home / "CLAUDE.md",), agent_skills=(home / "skills",))
    workspace(project, places).reconcile([rule(1), rule(2, "For all.", project="*")])
    assert set(everything(home)) == {"CLAUDE.md", "skills/failonce-card/SKILL.md"}
    for content in everything(home).values():
        assert b"For all." in content
        assert b"Call" not in content, "other projects write there as well"
    with pytest.raises(BadInput, match="leads out"):
        workspace(project, Places(blocks=(Path("../home/AGENTS.md"),))).reconcile([rule(1)])


# ------------------------------------------------------------ budget


def test_over_the_budget_the_least_worth_stay_out_and_that_is_said(tmp_path: Path) -> None:
    rules = [rule(n, f"Rule number {n} " + "x" * 200) for n in range(6)]
    facts = Known({rules[4].id: 0.5}, {rules[2].id: 9, rules[3].id: 4})
    files = workspace(tmp_path, replace(ALL, budget=200), facts)
    files.reconcile(rules)
    seen = {Path(x.path).name: x for x in files.look(rules)}
    for name in ("card.md", "AGENTS.md", "SKILL.md"):
        assert set(seen[name].lessons) == {rules[n].id for n in (2, 3, 4)}
        assert set(seen[name].out) == {rules[n].id for n in (0, 1, 5)}
    assert 150 < seen["AGENTS.md"].at_start < 250
    assert seen["AGENTS.md"].on_demand == 0
    assert 0 < seen["SKILL.md"].at_start < seen["SKILL.md"].on_demand
    assert seen["card.md"].at_start == 0
    text = (tmp_path / "AGENTS.md").read_text()
    assert [n for n in range(6) if f"number {n} " in text] == [2, 3, 4]


# ------------------------------------------------------------- looking


def test_looking_says_how_each_file_stands_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "CLAUDE.md").write_bytes(CLAUDE)
    files = workspace(tmp_path)
    behind = files.look([rule(1)])
    assert {x.standing for x in behind} == {Standing.BEHIND}
    assert everything(tmp_path) == {"CLAUDE.md": CLAUDE}
    files.reconcile([rule(1)])
    agents, card = tmp_path / "AGENTS.md", tmp_path / "skills/card.md"
    agents.write_bytes(agents.read_bytes().replace(b"Call", b"Always call"))
    card.write_bytes(card.read_bytes() + b"<!-- failonce:end -->\n")
    before = everything(tmp_path)
    seen = {Path(x.path).name: x.standing for x in files.look([rule(1), rule(2, "More.")])}
    assert seen == {
        "AGENTS.md": Standing.EDITED,
        "CLAUDE.md": Standing.BEHIND,
        "SKILL.md": Standing.BEHIND,
        "card.md": Standing.REFUSED,
    }
    assert everything(tmp_path) == before


def test_places_that_were_taken_from_the_settings_are_found_and_can_be_emptied(
    tmp_path: Path,
) -> None:
    (tmp_path / "AGENTS.md").write_bytes(b"mine")
    workspace(tmp_path).reconcile([rule(1)])
    (tmp_path / "CLAUDE.md").write_bytes(CLAUDE)
    now = workspace(tmp_path, Places(blocks=(Path("CLAUDE.md"),)))
    usual = [Path(x) for x in ("AGENTS.md", "CLAUDE.md", ".claude/skills", ".agents/skills")]
    assert now.leftover(usual) == [Path("AGENTS.md"), Path(".claude/skills")]
    for place in now.leftover(usual):
        now.withdraw(place)
    assert now.leftover(usual) == []
    assert (tmp_path / "AGENTS.md").read_bytes() == b"mine"
    assert set(everything(tmp_path)) == {"AGENTS.md", "CLAUDE.md", "skills/card.md"}


def test_a_file_that_was_chosen_and_holds_nothing_is_left_in_peace(tmp_path: Path) -> None:
    odd = b"\xff\xfe\0 no text"
    (tmp_path / "AGENTS.md").write_bytes(odd)
    files = workspace(tmp_path)
    assert files.reconcile([]) == []
    assert everything(tmp_path) == {"AGENTS.md": odd}
    with pytest.raises(BadInput, match="UTF-8"):
        files.reconcile([rule(1)])


# ------------------------------------------------------------- any bytes


PIECES = st.sampled_from(
    ["Call", " ", "`card`: ", "<!-- ", "-->", "<!-- failonce:end -->", "---", "# ", "- ", "\n",
     "\r", "\u2028", "\u202e", "```", "RU-00000001", "name: x", "{", "@AGENTS.md", "é"]
)  # fmt: skip


@given(text=st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=8).map("".join)))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_of_a_rule_is_more_than_one_line_anywhere(tmp_path: Path, text: str) -> None:
    """Whatever got past all else: it is refused, or it is data in every file."""
    files = workspace(tmp_path)
    files.reconcile([rule(2, "Other.")])
    plain = {name: content.decode() for name, content in everything(tmp_path).items()}
    try:
        files.reconcile([rule(2, "Other."), rule(1, text)])
    except (BadInput, RefusedLesson):
        assert {k: v.decode() for k, v in everything(tmp_path).items()} == plain
        return
    for name, content in everything(tmp_path).items():
        lines, before = content.decode().split("\n"), plain[name].split("\n")
        assert len(lines) == len(before) + 1
        assert sum(line.startswith("- ") for line in lines) == 2
        added = [x for x in lines if x not in before and "failonce:" not in x]
        assert len(added) == 1
        said = added[0].replace("&#64;", "@")
        assert said.endswith(f"{text.strip()} <!-- RU-00000001 -->".replace("&#64;", "@"))
    assert validate(tmp_path / ".claude/skills/failonce-card") == []
    files.reconcile([])
    assert everything(tmp_path) == {}


@given(
    content=st.binary(max_size=80),
    piece=st.binary(max_size=12),
    at=st.integers(0, 400),
    cut=st.integers(0, 400),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_somebody_does_to_any_file_nothing_of_theirs_is_lost(
    tmp_path: Path, content: bytes, piece: bytes, at: int, cut: int
) -> None:
    """An edit inside, around or across the block is kept, or the file is refused as it is."""
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    agents = tmp_path / "AGENTS.md"
    agents.write_bytes(content)
    files = workspace(tmp_path, Places(blocks=(Path("AGENTS.md"),)))
    try:
        files.reconcile([rule(1)])
    except BadInput:
        assert agents.read_bytes() == content
        return
    held = agents.read_bytes()
    first = at % (len(held) + 1)
    last = min(first + cut % 60, len(held))
    edited = held[:first] + piece + held[last:]
    agents.write_bytes(edited)
    try:
        files.reconcile([rule(2, "Quite another one.")])
    except BadInput:
        assert agents.read_bytes() == edited
        return
    copies = [p.read_bytes() for p in tmp_path.glob("skills/.failonce/edits/blocks/*")]
    new = agents.read_bytes()
    assert new.count(b"Quite another one.") == 1
    assert files.reconcile([rule(2, "Quite another one.")]) == []
    start, end = new.index(b"<!-- failonce:begin"), new.index(b"<!-- failonce:end -->")
    after = new[end:].partition(b"\n")[2]
    assert edited.startswith(new[:start].removesuffix(b"\n"))
    assert edited.endswith(after)
    if copies:
        assert copies[0] in edited
