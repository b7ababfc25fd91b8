"""The form of a fixer that patches a repository: read as text, asked at no call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.kinds import fixer
from failonce.kinds.behaviour import Situation
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.fixer.template import template
from failonce.language import document
from failonce.model import Call, Category, Failure, Grants
from tests.kinds.fixer.scripts import SAYS, UNDO, patch, script


@pytest.mark.proves("S20")
def test_its_body_is_the_file_of_the_seed_with_the_script_in_lines() -> None:
    text = script()
    body = patch(text).render()
    assert "  type: autopatch\n  script: |\n" in body
    assert "def apply(repo_dir: str) -> bool:\n" in body
    read = fixer.parse(body, "shop.orders")
    assert isinstance(read, PatchFixer)
    assert (read.script, read.message_regex, read.undoes) == (text, SAYS, False)
    assert read.render() == body


def test_what_it_says_of_itself() -> None:
    text = script(undo=UNDO, before='PERMISSIONS = {"packages": ["pytest"], "subprocess": True}')
    read = patch(text)
    assert read.description == "Names the payments package among the requirements."
    assert read.grants == Grants(packages=("pytest",), subprocess=True)
    assert read.undoes
    assert "patches the repository: Names the payments" in read.summary()


def test_it_has_nothing_to_say_of_calls() -> None:
    read = patch(script())
    call = Situation(call=Call(tool="shop.orders", args={}))
    failure = Failure(message=SAYS, signature="", category=Category.UNKNOWN)
    assert read.before(call) is None
    assert read.after(call, failure) is None
    assert (read.speaks.before, read.speaks.after) == (None, None)


def test_its_class_of_failures_may_get_a_new_name() -> None:
    read = PatchFixer.written(script(), component="c", message_regex="x", fingerprint="old")
    assert read.under({"old": "new"}).fingerprint == "new"
    assert read.under({"other": "new"}) is read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def apply(repo_dir: str) -> bool:\n    return True\n", "needs `def reproduce"),
        (script().replace("def apply", "def applies"), "needs `def apply"),
        (script() + "\n\ndef other() -> None:\n    pass\n", "begin the name of what these use"),
        (script().replace("apply(repo_dir: str)", "apply(folder: str)"), "takes one argument"),
        (script().replace("apply(repo_dir: str)", "apply(*repo_dir: str)"), "takes one argument"),
        (script().replace("apply(repo_dir: str)", "apply(repo_dir: str, /)"), "one argument"),
        (script().replace("def apply", "async def apply"), "plain function"),
        (script().replace("-> bool", "-> int"), "must say that it returns `bool`"),
        (script().replace('"""Names', 'X = """Names'), "needs a docstring"),
        ("def apply(", "is no Python (line 1)"),
        (script(before="PERMISSIONS = {'all': True}"), "`PERMISSIONS` has no `all`"),
        ("x = 1\n" * 20_000, "bytes long"),
    ],
)
def test_what_is_no_script_is_told(text: str, why: str) -> None:
    with pytest.raises(BadInput, match="(?s)" + why.replace("(", r"\(").replace(")", r"\)")):
        patch(text)


def test_nothing_of_it_runs_while_it_is_read(tmp_path: object) -> None:
    """Not even what stands outside its functions."""
    mark = f"{tmp_path}/mark"
    patch(script(before=f"open({mark!r}, 'w').close()\nraise SystemExit"))
    with pytest.raises(FileNotFoundError):
        open(mark).close()  # noqa: PTH123


def test_it_needs_the_words_of_its_failure() -> None:
    with pytest.raises(BadInput, match="message_regex"):
        patch(script(), says="")
    with pytest.raises(BadInput, match="pattern"):
        patch(script(), says="(")


@pytest.mark.proves("S9", "S33")
def test_the_template_is_a_script() -> None:
    read = patch(template())
    assert read.undoes
    assert not read.findings


@given(st.text(max_size=200) | st.text(alphabet="ab \n\t:-&*!|>#'\"\\", max_size=60))
def test_a_text_in_lines_reads_back_letter_by_letter(text: str) -> None:
    """Whatever stands in it, and no text becomes structure."""
    try:
        written = document.dump({"action": {"script": document.Block(text), "type": "x"}})
    except UnicodeEncodeError:  # half a pair, which no file holds
        return
    if any(0xD800 <= ord(c) < 0xE000 for c in text):
        return
    assert document.load(written) == {"action": {"script": text, "type": "x"}}
