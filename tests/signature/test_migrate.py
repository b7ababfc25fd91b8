"""Old names to new ones."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.signature.fingerprint import fingerprint
from failonce.signature.migrate import Renamed, Stored, renamed


def stored(old: str, text: str) -> Stored:
    return Stored(fingerprint=old, component="disk", error_type="OSError", text=text)


def new(text: str) -> str:
    return fingerprint(component="disk", error_type="OSError", text=text).id


def test_a_name_that_stays_needs_no_row() -> None:
    assert renamed([stored(new("full: 7"), "full: 8")]) == ()


def test_a_renamed_one_gets_a_row_once() -> None:
    assert renamed([stored("old", "full: 7"), stored("old", "full: 8")]) == (
        Renamed(old="old", new=new("full: 9")),
    )


def test_a_split_gives_a_row_for_each_part_and_a_merge_one_for_each_old_name() -> None:
    rows = renamed([stored("old", "status 404"), stored("old", "status 500")])
    assert {(r.old, r.new) for r in rows} == {
        ("old", new("status 404")),
        ("old", new("status 500")),
    }
    rows = renamed([stored("one", "full: 7"), stored("two", "full: 8")])
    assert {(r.old, r.new) for r in rows} == {("one", new("full: 7")), ("two", new("full: 7"))}


def test_an_old_template_stands_in_for_a_lost_sample() -> None:
    assert renamed([stored("old", "full: <int>")]) == (Renamed(old="old", new=new("full: 7")),)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=8)), max_size=9))
def test_no_lesson_is_orphaned_in_any_order(pairs: list[tuple[str, str]]) -> None:
    rows = renamed(stored(old, text) for old, text in pairs)
    assert rows == renamed(stored(old, text) for old, text in reversed(pairs))
    assert {r.old for r in rows} == {old for old, _ in pairs}
