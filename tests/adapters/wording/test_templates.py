"""Phrases: the built-in ones, the user's, and what a template may not do."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.wording import TemplateWording, check_templates
from failonce.adapters.wording.templates import SAMPLE
from failonce.errors import BadSetting
from failonce.kinds.rule import checked_sentence
from failonce.ports import Phrase, Slots

BUILT_IN = TemplateWording()
TEXT = st.text(max_size=400)
SLOTS = st.builds(
    Slots,
    **{f.name: st.integers(0, 10**9) if f.type is int else TEXT for f in fields(Slots)},
)


def own(folder: Path, phrase: Phrase, source: str) -> TemplateWording:
    (folder / f"{phrase}.j2").write_text(source, "utf-8")
    return TemplateWording(folder)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        (Phrase.GUARDRAIL_NAME, "ValidationError in read_file"),
        (
            Phrase.GUARDRAIL_MESSAGE,
            (
                "Prevented: ValidationError in read_file. `read_file` fails when `path` is given: "
                "“unexpected keyword argument <arg:path>”. Change that and call again."
            ),
        ),
        (
            Phrase.GUARDRAIL_WARNING,
            (
                "Careful: `read_file` failed before when `path` is given: “unexpected "
                "keyword argument <arg:path>”. What worked then: `list_files`. "
                "rename `path` to `file_path`."
            ),
        ),
        (
            Phrase.GUARDRAIL_REPORTED,
            (
                "Known failure: ValidationError in `read_file`: “unexpected keyword argument "
                "<arg:path>”. For which calls is not known; check what you give it, and be ready "
                "for this error."
            ),
        ),
        (
            Phrase.REASON_REPORTED,
            (
                "Reported 14 times in 9 sessions with: “unexpected keyword argument <arg:path>”; "
                "rename `path` to `file_path`"
            ),
        ),
        (Phrase.FIXER_NAME, "ValidationError in read_file"),
        (
            Phrase.FIXER_REASON,
            (
                "Failed 14 times in 9 sessions with: “unexpected keyword argument <arg:path>”; "
                "what worked then: rename `path` to `file_path`"
            ),
        ),
        (Phrase.HINT_NAME, "Circuit breaker for ValidationError in read_file"),
        (Phrase.RULE_NAME, "`list_files` before `read_file`"),
        (
            Phrase.RULE_TEXT,
            (
                "Call `list_files` before `read_file`: without it, `read_file` fails with "
                "“unexpected keyword argument <arg:path>”."
            ),
        ),
        (
            Phrase.REASON,
            (
                "Failed 14 times in 9 sessions with: “unexpected keyword argument <arg:path>”; "
                "rename `path` to `file_path`"
            ),
        ),
    ],
)
@pytest.mark.proves("S29a")
def test_the_built_in_words(phrase: Phrase, text: str) -> None:
    assert BUILT_IN.say(phrase, SAMPLE) == text


def test_the_built_in_words_for_one_and_for_nothing_known() -> None:
    once = Slots(tool="get", failures=1, sessions=1)
    assert BUILT_IN.say(Phrase.REASON, once) == "Failed 1 time in 1 session"
    assert BUILT_IN.say(Phrase.GUARDRAIL_NAME, once) == "Failure in get"
    assert (
        BUILT_IN.say(Phrase.GUARDRAIL_NAME, replace(once, category="timeout")) == "timeout in get"
    )
    assert BUILT_IN.say(Phrase.RULE_TEXT, once) == "`get` fails."


@given(slots=SLOTS)
def test_whatever_was_recorded_a_phrase_is_one_plain_line(slots: Slots) -> None:
    for phrase in Phrase:
        text = BUILT_IN.say(phrase, slots)
        assert 0 < len(text) <= 300
        assert text == checked_sentence(text)


@given(template=TEXT)
def test_an_errors_text_cannot_leave_its_quotes(template: str) -> None:
    text = BUILT_IN.say(Phrase.RULE_TEXT, replace(SAMPLE, template=template))
    assert text.count("“") == text.count("”") <= 1
    assert text.count("`") == 6


@pytest.mark.proves("S26")
def test_own_templates_replace_single_phrases(tmp_path: Path) -> None:
    wording = own(tmp_path, Phrase.REASON, "{{ failures }}× {{ tool | upper }}\n")
    assert wording.say(Phrase.REASON, SAMPLE) == "14× READ_FILE"
    assert wording.say(Phrase.RULE_NAME, SAMPLE) == BUILT_IN.say(Phrase.RULE_NAME, SAMPLE)


def test_own_words_are_folded_and_capped(tmp_path: Path) -> None:
    wording = own(tmp_path, Phrase.REASON, "a\n\n b\u200b" + " word" * 200)
    text = wording.say(Phrase.REASON, SAMPLE)
    assert text.startswith("a b\\u{200b} word word")
    assert len(text) <= 300
    assert text.endswith(" word…")


def test_own_words_that_come_to_nothing_give_way_to_ours(tmp_path: Path) -> None:
    wording = own(tmp_path, Phrase.GUARDRAIL_NAME, "{{ error_type }}")
    assert wording.say(Phrase.GUARDRAIL_NAME, SAMPLE) == "ValidationError"
    assert wording.say(Phrase.GUARDRAIL_NAME, Slots(tool="get")) == "Failure in get"


@pytest.mark.proves("S30")
@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("ok\n{{ tol }}", 2, "'tol' is undefined"),
        ("{{ tool", 1, "end of template"),
        ("\n\n{% if tool %}", 3, "end of template"),
        ("{{ tool | shout }}", 1, "shout"),
        ("{{ failures // 0 }}", 1, "zero"),
        ("{{ tool.__class__.__mro__ }}", 1, "unsafe"),
        ("{% for c in tool %}{{ c }}{% endfor %}", 1, "for"),
        ("{{ 'a' * 1000000000 }}", 1, "mul"),
        ("{{ 9 ** 9 ** 9 }}", 1, "pow"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "macro"),
        ("{% include '/etc/passwd' %}", 1, "loader"),
        ("{{ range(9) }}", 1, "range"),
    ],
)
def test_a_faulty_template_is_named_with_its_line(
    tmp_path: Path, source: str, place: int, said: str
) -> None:
    wording = own(tmp_path, Phrase.REASON, source)
    with pytest.raises(BadSetting) as caught:
        wording.say(Phrase.REASON, SAMPLE)
    assert str(caught.value).startswith(f"{tmp_path / 'reason.j2'}:{place}:")
    assert said in str(caught.value)


def test_files_that_are_no_templates_are_named(tmp_path: Path) -> None:
    (tmp_path / "reason.j2").write_bytes(b"\xff\xfe")
    (tmp_path / "rule_name.j2").write_bytes(b"x" * 5000)
    (tmp_path / "rule_text.j2").mkdir()
    wording = TemplateWording(tmp_path)
    for phrase, said in (
        (Phrase.REASON, "UTF-8"),
        (Phrase.RULE_NAME, "longer"),
        (Phrase.RULE_TEXT, "cannot be read"),
    ):
        with pytest.raises(BadSetting, match=said):
            wording.say(phrase, SAMPLE)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="not there"):
        TemplateWording(tmp_path / "gone").say(Phrase.REASON, SAMPLE)


@pytest.mark.proves("S30")
def test_templates_can_be_tried(tmp_path: Path) -> None:
    own(tmp_path, Phrase.REASON, "{{ nothing }}")
    own(tmp_path, Phrase.RULE_NAME, "My {{ tool }}")
    (tmp_path / "rule_txt.j2").write_text("typo")
    found = {c.phrase: c for c in check_templates(tmp_path)}
    assert set(found) == {*Phrase, "rule_txt.j2"}
    assert "reason.j2:1: 'nothing'" in found["reason"].error
    assert found["rule_name"].text == "My read_file"
    assert "Nothing reads rule_txt.j2" in found["rule_txt.j2"].error
    assert all(c.text and not c.error for c in check_templates())


KIND_FILE = """\
id: {{ id }}
status: approved
name: {% block name %}{{ tool }}: {{ error_type }}{% endblock %}
action:
  message: {% block message %}No.
    Instead of {{ condition }}, ask.{% endblock %}
"""


@pytest.mark.proves("S26")
def test_the_seeds_files_word_their_kind_and_nothing_else_of_them_is_read(tmp_path: Path) -> None:
    (tmp_path / "guardrail.yaml.j2").write_text(KIND_FILE)
    (tmp_path / "fixer.yaml.j2").write_text("{% block reason %}\n{{ oops }}{% endblock %}")
    wording = TemplateWording(tmp_path)
    assert wording.say(Phrase.GUARDRAIL_NAME, SAMPLE) == "read_file: ValidationError"
    assert wording.say(Phrase.GUARDRAIL_MESSAGE, SAMPLE) == "No. Instead of `path` is given, ask."
    assert wording.say(Phrase.FIXER_NAME, SAMPLE) == BUILT_IN.say(Phrase.FIXER_NAME, SAMPLE)
    found = {c.phrase: c for c in check_templates(tmp_path)}
    assert set(found) == set(Phrase)
    assert "fixer.yaml.j2:2: 'oops' is undefined" in found["fixer_reason"].error
    own(tmp_path, Phrase.GUARDRAIL_NAME, "mine")
    assert TemplateWording(tmp_path).say(Phrase.GUARDRAIL_NAME, SAMPLE) == "mine"


def test_jinja_is_loaded_with_the_first_phrase_only() -> None:
    script = (
        "import sys; from failonce.adapters.wording import TemplateWording\n"
        "wording = TemplateWording(); sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
