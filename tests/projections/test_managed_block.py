"""The managed block: idempotent, exact about other people's bytes, honest about edits."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.kinds.rule import checked_sentence
from failonce.projections.managed_block import find
from failonce.projections.rule_lines import Item

ONE = Item(lesson="RU-00000001", sentence="Call `list` before `get`.")
TWO = Item(lesson="RU-00000002", sentence="Give `id` as a number.")
PIECES = st.sampled_from(
    [b"\n", b"\r\n", b"\r", b" ", b"# Card", b"\xef\xbb\xbf", b"\xff", "über".encode(), b"- a",
     b"<!-- failonce:begin 0 -->\n", b"<!-- failonce:end -->\n", b"\0"]
)  # fmt: skip
FILES = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=8).map(b"".join))


def items(sentences: list[str]) -> list[Item]:
    return [Item(lesson=f"RU-{n:08X}", sentence=s) for n, s in enumerate(sentences)]


@st.composite
def rules(draw: st.DrawFn) -> list[Item]:
    """Whatever sentences the rule kind lets through."""
    found = []
    for text in draw(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=3)):
        try:
            found.append(checked_sentence(text))
        except Exception:
            found.append("Say it plainly.")
    return items(found)


@given(content=FILES, first=rules(), second=rules())
@example(content=b"a\r", first=[ONE], second=[TWO])
@example(content=b"", first=[ONE], second=[TWO])
@example(content=b"\xef\xbb\xbf# Card\r\ntext", first=[ONE], second=[TWO])
def test_whatever_was_written_taking_it_back_restores_the_bytes(
    content: bytes, first: list[Item], second: list[Item]
) -> None:
    try:
        written = find(content).with_items(first)
    except BadInput:
        return  # refused, so nothing changed
    assert written is not None
    assert written.startswith(content)
    again = find(written)
    assert not again.edited
    assert again.with_items(first) == written
    changed = again.with_items(second)
    assert changed is not None
    assert changed.startswith(content)
    assert find(changed).with_items([]) == content


def test_a_file_without_block_and_rules_is_left_alone() -> None:
    for content in (b"", b"text", b"text\n"):
        assert find(content).with_items([]) == content
    assert find(None).with_items([]) is None


def test_a_file_that_we_made_goes_with_its_last_rule() -> None:
    made = find(None).with_items([ONE])
    assert made is not None
    assert find(made).with_items([]) is None


def test_what_people_wrote_around_the_block_stays() -> None:
    made = find(None).with_items([ONE])
    assert made is not None
    assert find(b"mine\n" + made + b"also mine").with_items([]) == b"mine\nalso mine"
    joined = find(b"no line end").with_items([ONE])
    assert joined is not None
    assert find(joined + b"below\n").with_items([]) == b"no line end\nbelow\n"


def test_the_block_takes_the_line_ends_of_its_file() -> None:
    written = find(b"# Card\r\ntext\r\n").with_items([ONE, TWO])
    assert written is not None
    assert written.count(b"\n") == written.count(b"\r\n")


def test_line_ends_changed_by_version_control_are_no_edit() -> None:
    written = find(b"# Card\n").with_items([ONE])
    assert written is not None
    checked_out = written.replace(b"\n", b"\r\n")
    assert not find(checked_out).edited
    assert find(checked_out).with_items([ONE]) == checked_out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"before", b"after"),
        (b"- Call", b"- Also this\n- Call"),
        (b"RU-00000001", b"RU-00000009"),
        (b" created", b""),
    ],
)
def test_an_edit_inside_the_block_is_seen(old: bytes, new: bytes) -> None:
    written = find(None).with_items([ONE])
    assert written is not None
    assert find(written.replace(old, new)).edited


@pytest.mark.parametrize(
    "content",
    [
        b"<!-- failonce:end -->\n",
        b"<!-- failonce:begin 0123456789abcdef -->\n",
        b"<!-- failonce:begin broken\ntext\n<!-- failonce:end -->\n",
        b"\xff\xfea\0",
        b"a\0b",
    ],
)
def test_damaged_markers_and_binary_files_are_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        find(content)


def test_a_doubled_block_is_refused() -> None:
    made = find(None).with_items([ONE])
    assert made is not None
    with pytest.raises(BadInput, match="doubled"):
        find(made + made)
