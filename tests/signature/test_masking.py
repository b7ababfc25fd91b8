"""Level 1: what becomes of a text."""

import random
import re
from uuid import UUID

import pytest
from hypothesis import given

from failonce.signature.masking import fired, mask
from failonce.signature.masks import INPUT_LIMIT
from tests.signature.texts import anything


@pytest.mark.proves("S12")
def test_the_worked_example() -> None:
    assert mask("KeyError: 123456 at 2025-11-07T10:00:00Z") == "KeyError: <int> at <ts>"


@pytest.mark.proves("S11")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job 0190163d-8694-739b-aea5-966c26f8ad91 lost", "job <uuid> lost"),
        ("JOB 0190163D-8694-739B-AEA5-966C26F8AD91", "JOB <uuid>"),
        ("token expired at 1730976000", "token expired at <epoch>"),
        ("seen 1730976000123, then 1730976000123456", "seen <epoch>, then <epoch>"),
        ("record 4711003 is gone", "record <int> is gone"),
        ("record 7 is gone", "record <int> is gone"),
        ("column field_123456 is unknown", "column field_<int> is unknown"),
        ("at 2026-11-07T10:00:00.123456+01:00 sharp", "at <ts> sharp"),
        ("at 2026-11-07 10:00:00,123 sharp", "at <ts> sharp"),
        ("until 2026-11-07.", "until <ts>."),
        ("on Fri, 07 Nov 2026 10:00:00 GMT", "on <ts>"),
        ("[07/Nov/2026:10:00:00 +0000] down", "[<ts>] down"),
        ("at 20261107T100000Z", "at <ts>"),
    ],
)
def test_the_four_tokens_of_the_document(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no https://h.example/a?b=1&c=2.", "no <url>."),
        ("mail to <jo.doe@example.org> bounced", "mail to <<email>> bounced"),
        ("File /usr/lib/x-1.2/y.py:12:3, in f", "File <path>, in f"),
        ("cannot read src/app/main.py", "cannot read <path>"),
        ("cannot read lib/main.py", "cannot read <path>"),
        ("input/output error", "input/output error"),
        (r"open C:\data\x.csv failed", "open <path> failed"),
        ("GET /v2/items?page=2&x=%20 failed", "GET <path> failed"),
        ("peer 10.0.0.1:8080 and fe80::1", "peer <ip> and <ip>"),
        ("if 00:1b:44:11:3a:b7 is up", "if <mac> is up"),
        ("at 0x7ffd12ab in 9f86d081884c7d65", "at <hex> in <hex>"),
        ("mask ffffffff", "mask <hex>"),
        ("pod web-7d9f8c-xkxzz gone", "pod <id> gone"),
        ("took 93.0 B of 5.2 KB in <1 sec, 3ms", "took <int> of <int> in <int>"),
        ("after 1h30m at 95%", "after <int> at <int>"),
        ("ids [1, 2, 3] of [7]", "ids [<int>] of [<int>]"),
        ("1.5e-3 or -17 or 1,234.5", "<int> or <int> or <int>"),
        ("depth.........0 done", "depth <int> done"),
        ("\x1b[31mfailed\x1b[0m  twice\r\n\tnow", "failed twice now"),
    ],
)
def test_values_give_way(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 404 Not Found",
        "HTTP/1.1 503 from upstream",
        "status: 500",
        "response.status_code=429",
        "[Errno 13] Permission denied",
        "exited with code 137",
        "returncode=-9",
        "killed by signal 11",
        "SQLSTATE[42P01]: undefined table",
        "HRESULT = 0x80070005",
        "error TS2322: not assignable",
        "error[E0308]: mismatched types",
        "ERROR: ORA-00942",
        "utf-8 or latin-1",
        "expected int64, got float32",
        "no IPv6, TLSv1.2 only",
    ],
)
def test_digits_that_are_the_error_or_a_name_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error 12345678", "error <int>"),
        ("status 10:20:30", "status <ts>"),
        ("code 10.0.0.1", "code <ip>"),
        ("error node7", "error node<int>"),
    ],
)
def test_not_every_number_behind_such_a_word_is_a_code(text: str, expected: str) -> None:
    assert mask(text) == expected


def test_quoted_identifiers_stay_and_an_argument_name_too() -> None:
    assert mask("KeyError: 'partner_id'") == "KeyError: 'partner_id'"
    assert mask("<arg:address_2> is 17") == "<arg:address_2> is <int>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("用户123不存在", "用户<int>不存在"),
        ("用户１２３不存在", "用户<int>不存在"),
        ("المستخدم ٤٢ غير موجود", "المستخدم <int> غير موجود"),
        ("😀 42 \u0301", "😀 <int> \u0301"),
        ("a\x00b\ud800 7", "a b\ud800 <int>"),
        ("файл12 нет", "файл<int> нет"),
    ],
)
def test_texts_in_any_script(text: str, expected: str) -> None:
    assert mask(text) == expected


def test_order_matters_and_is_right_for_uuids() -> None:
    r = random.Random(1)
    ids = [str(UUID(int=r.getrandbits(128))) for _ in range(2_000)]
    assert {mask(f"x {one} y") for one in ids} == {"x <uuid> y"}


@pytest.mark.proves("S11")
@given(anything)
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "aa:bb:cc:dd:ee:ff107",
        "@0.@c.e b@c.e!0",
        "deadbeef-error:5",
        "5 B.status:1",
        "code 2::deadbeef",
        "IPv6!::1",
        "8::f_code 2",
        "7 s3",
        "sqlstate 12Nov 7 0:00:00",
        "1/a/b a/b.py1",
        "<arg:1>5s",
    ],
)
def test_what_a_mask_leaves_gives_no_other_mask_a_hold(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(anything)
def test_masking_twice_changes_nothing_at_the_limit(text: str) -> None:
    once = mask((text * 9_000)[: INPUT_LIMIT + 7])
    assert len(once) <= INPUT_LIMIT
    assert mask(once) == once


@given(anything)
def test_values_of_digits_do_not_matter(text: str) -> None:
    shifted = re.sub("[0-9]", lambda m: str((int(m[0]) * 7 + 3) % 10), text)
    assert re.sub("[0-9]", "0", mask(text)) == re.sub("[0-9]", "0", mask(shifted))


def test_what_is_beyond_the_limit_is_not_read() -> None:
    head = "x y " * (INPUT_LIMIT // 4)
    assert mask(head + "one") == mask(head + "two")


@given(anything)
def test_what_fired_is_told_and_nothing_else(text: str) -> None:
    rows = fired(text)
    assert all(row.values for row in rows)
    if not rows:
        assert mask(text) == mask(text).strip()


def test_what_fired_is_told_in_the_order_of_the_table() -> None:
    rows = fired("GET /a/b returned status 404 for 4711003")
    assert [(r.mask, r.values) for r in rows] == [
        ("path", ("/a/b",)),
        ("code", ("status 404",)),
        ("number", ("4711003",)),
    ]
