"""Agent Skills: valid by the standard's own validator, whatever skills are called."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skills_ref.parser import parse_frontmatter
from skills_ref.validator import validate

from failonce.identity import slug
from failonce.projections.agent_skill import FILE, folder_name, skill_file
from failonce.projections.rule_lines import Item

SKILLS = st.text("abz09_-", min_size=1, max_size=70).map(slug).filter(bool)


@given(skills=st.lists(SKILLS, min_size=1, max_size=20, unique=True))
def test_every_folder_is_a_valid_skill(skills: list[str]) -> None:
    name = folder_name(skills[0])
    items = [Item(lesson="RU-00000001", sentence="Call `list` first.", skill=skills[0])]
    content = skill_file(name, skills, items).onto(None).content
    assert content is not None
    with TemporaryDirectory() as place:
        folder = Path(place) / name
        folder.mkdir()
        (folder / FILE).write_bytes(content)
        assert validate(folder) == []


def test_what_an_agent_reads() -> None:
    items = [
        Item(lesson="RU-00000001", sentence="Call `list` before `get`."),
        Item(lesson="RU-00000002", sentence="Give `id` as a number."),
    ]
    content = skill_file("failonce-get-item", ["get_item"], items).onto(None).content
    assert content is not None
    told, body = parse_frontmatter(content.decode())
    assert told == {
        "name": "failonce-get-item",
        "description": "Rules for `get_item`, learned from calls that failed here. "
        "Read them before you use it.",
    }
    assert body == (
        "# Learned rules for `get_item`\n\n"
        "- Call `list` before `get`. <!-- RU-00000001 -->\n"
        "- Give `id` as a number. <!-- RU-00000002 -->"
    )


@pytest.mark.parametrize(
    ("skill", "name"),
    [
        ("card", "failonce-card"),
        ("get_item", "failonce-get-item"),
        ("a__b-c", "failonce-a-b-c"),
        ("x" * 64, "failonce-" + "x" * 55),
    ],
)
def test_names_of_folders(skill: str, name: str) -> None:
    assert folder_name(skill) == name
