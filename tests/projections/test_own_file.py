"""A file of ours: made once, known again, and never somebody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.projections.own_file import Gone, OwnFile, without_mark

ONE = "0" * 16
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60).flatmap(
    lambda x: st.sampled_from([x, f"---\n{x}"])
)


def own(text: str, source: str = ONE) -> OwnFile:
    return OwnFile(source=source, text=lambda: text)


def never() -> str:
    raise AssertionError("made in vain")


@given(TEXTS)
def test_what_was_written_is_known_again_and_goes_whole(text: str) -> None:
    made = own(text).onto(None).content
    assert made is not None
    assert without_mark(made.decode()) == text
    again = OwnFile(source=ONE, text=never).onto(made)
    assert (again.content, again.edited, again.held) == (made, b"", True)
    crlf = made.replace(b"\n", b"\r\n")
    assert OwnFile(source=ONE, text=never).onto(crlf).content == crlf
    gone = Gone().onto(made)
    assert (gone.content, gone.edited) == (None, b"")


@given(TEXTS, st.integers(0, 200), st.binary(min_size=1, max_size=5))
def test_whatever_somebody_writes_into_it_is_kept_or_refused(
    text: str, at: int, more: bytes
) -> None:
    made = own(text).onto(None).content
    assert made is not None
    changed = made[: at % (len(made) + 1)] + more + made[at % (len(made) + 1) :]
    try:
        laid = own(text).onto(changed)
    except BadInput:
        assert Gone().onto(changed).content == changed, "no longer ours, so it stays"
        return
    if laid.content != changed:
        assert laid.edited == changed
        assert laid.content == made
        assert Gone().onto(changed).edited == changed


@pytest.mark.parametrize("content", [b"", b"mine", b"---\nname: mine\n---\n", b"\0\xff"])
def test_somebody_elses_file_is_refused_and_stays(content: bytes) -> None:
    with pytest.raises(BadInput, match="did not write"):
        own("text").onto(content)
    assert Gone().onto(content).content == content


def test_what_it_is_made_of_decides_whether_it_is_made_anew() -> None:
    made = own("old").onto(None).content
    new = own("new", source="1" * 16).onto(made)
    assert new.content is not None
    assert (without_mark(new.content.decode()), new.edited) == ("new", b"")
