import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.category import (
    ATTRIBUTES,
    Signals,
    categorise,
    from_name,
    retry_after,
)
from failonce.language.pattern_table import PatternTable
from failonce.model import Category

ROWS = [
    line.split("\t", 2)
    for line in (Path(__file__).parent / "messages.tsv").read_text("utf-8").splitlines()
]


def said(text: str) -> Category:
    return categorise(Signals(text=text))


@pytest.mark.parametrize("part", ["held", "open"])
def test_labelled_messages(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The half named `held` was written before the rules; both were written by us."""
    rows = [(cause, text) for half, cause, text in ROWS if half == part]
    wrong = [(cause, said(text).value, text) for cause, text in rows if said(text) != cause]
    with capsys.disabled():
        print(f" [{part}: {len(rows) - len(wrong)} of {len(rows)}] ", end="")
    assert len(rows) >= 30
    assert len(wrong) <= len(rows) * 0.1, wrong


@pytest.mark.proves("C6")
@pytest.mark.parametrize(
    ("text", "cause", "seed_name"),
    [
        ("could not connect: network error", Category.NETWORK, "NetworkError"),
        ("the operation timed out", Category.TIMEOUT, "TimeoutError"),
        ("unknown tool: fold_map", Category.MISSING_TOOL, "MissingCapability"),
        ("reply does not match schema: field total missing", Category.INVALID_ARGS, "SchemaError"),
        ("429 Too Many Requests", Category.RATE_LIMIT, "RateLimitError"),
        ("the LLM returned nothing usable", Category.LLM, "LLMError"),
        ("KeyError: 'a'", Category.RUNTIME, "RuntimeError"),
    ],
)
def test_each_seed_category_can_be_produced(text: str, cause: Category, seed_name: str) -> None:
    assert said(text) is cause
    assert from_name(seed_name) is cause


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("HTTP 429", Category.RATE_LIMIT),
        ("request failed with status code 404", Category.NOT_FOUND),
        ("server said 401 Unauthorized", Category.AUTH),
        ("database schema migration lock timeout", Category.TIMEOUT),
        ("File not found", Category.NOT_FOUND),
        ("invalid model configuration", Category.INVALID_ARGS),
    ],
)
def test_what_the_original_systems_got_wrong(text: str, cause: Category) -> None:
    assert said(text) is cause


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("RuntimeException: 503 Service Unavailable, invalid argument", Category.NETWORK),
        ("TimeoutError: no such file", Category.TIMEOUT),
        ("write failed: ENOSPC (the file was not found later)", Category.RESOURCE),
        ("jsonrpc error -32601 while the request timed out", Category.MISSING_TOOL),
        ("rpc error: code = PermissionDenied desc = table not found", Category.PERMISSION),
        ("SQLSTATE[42S02]: unexpected token", Category.NOT_FOUND),
        ("SQLITE_BUSY: try later", Category.CONFLICT),
        ("spawn /opt/bin/rg ENOENT", Category.MISSING_TOOL),
        ("unsupported call: fold", Category.MISSING_TOOL),
    ],
)
def test_structure_beats_words(text: str, cause: Category) -> None:
    assert said(text) is cause


def test_fields_beat_the_text() -> None:
    text = "No such file or directory"
    assert categorise(Signals(text=text, status=429)) is Category.RATE_LIMIT
    assert categorise(Signals(text=text, exit_code=124)) is Category.TIMEOUT
    assert categorise(Signals(text=text, error_type="com.acme.QuotaException")) is Category.RESOURCE
    assert categorise(Signals(text="busy", status=503, retry_after_s=3.0)) is Category.RATE_LIMIT


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (126, Category.PERMISSION),
        (127, Category.MISSING_TOOL),
        (124, Category.TIMEOUT),
        (137, Category.RESOURCE),
        (139, Category.RUNTIME),
    ],
)
def test_exit_codes(code: int, cause: Category) -> None:
    assert said(f"Exit code {code}\n") is cause


def test_the_last_line_of_a_traceback_names_the_class() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "job.py", line 4, in <module>\n    load()\n'
        "ConnectionRefusedError: nobody listens\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "job.py", line 7, in <module>\n    fall_back()\n'
        "FileNotFoundError: spare.csv\n"
    )
    assert said(text) is Category.NOT_FOUND


def test_the_first_line_outweighs_what_it_quotes() -> None:
    text = "String to replace not found in file.\nString: if conflict: raise ValueError\n"
    assert said(text) is Category.INVALID_ARGS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Retry-After: 17", 17.0),
        ('{"retry_after_ms": 2500}', 2.5),
        ("please try again in 2 minutes", 120.0),
        ("retry in 1m30s", 90.0),
        ("limit resets in 3 hours", 10800.0),
        ("Please wait 0.5 seconds", 0.5),
        ("Retry-After: Fri, 02 Jan 2032 10:00:00 GMT", None),
        ("retry whenever you like", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text) == seconds


def test_every_category_has_attributes_and_names_are_unique() -> None:
    assert set(ATTRIBUTES) == set(Category)
    names = [
        name.lower()
        for category, attributes in ATTRIBUTES.items()
        for name in {category.value, *attributes.aliases}
    ]
    doubled = {name for name in names if names.count(name) > 1}
    assert not doubled
    for category in Category:
        assert from_name(category.value) is category
        assert ATTRIBUTES[category].retryable or not ATTRIBUTES[category].transient
    assert from_name("no such word") is None


@given(st.text(max_size=3000))
def test_any_text_has_a_category(text: str) -> None:
    assert said(text) in Category
    assert categorise(Signals(text=text)) is said(text)


def test_lone_surrogates_and_null_bytes_are_survived() -> None:
    assert said("\udcff\x00 timed out") is Category.TIMEOUT


def test_cost_does_not_grow_with_the_text() -> None:
    """What lies beyond the window is not read, so a megabyte costs what a page does."""
    hostile = ["must be ", "unknown ", "A" * 50, "a.", "(" * 9, "\n ", "retry after "]
    for piece, size in itertools.product(hostile, (4_000, 1_000_000)):
        text = (piece * (size // len(piece) + 1))[:size]
        said(text)
        start = time.perf_counter()
        said(text)
        assert time.perf_counter() - start < 0.2


def test_rows_of_a_pattern_table_rank_by_position() -> None:
    table = PatternTable(
        (("first", "b.*c\nxx"), ("second", "a\nlong <THING>\n  !"), ("third", "c")),
        names={"THING": "(?:dog|cat)"},
    )
    assert table.first("a b c") == "first"
    assert table.first("c a") == "second"
    assert table.first("LONG cat!") == "second"
    assert table.first("long pig") is None
