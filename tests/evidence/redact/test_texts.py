"""Secrets in texts: found wherever they stand, and what is useful around them is kept."""

import pytest

from failonce.evidence.redact import Redactor
from failonce.evidence.secret_patterns import key_kind
from failonce.model import Call, Recording
from tests.evidence.redact.made import KEYED, TOKENS, leaked, secret_of, some


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("around", ["{}", "token {} was refused", 'x = "{}"', "a={}&b=1", "[{}]"])
def test_tokens_are_found_anywhere(redactor, kind, around):
    text = around.format(TOKENS[kind])
    cleaned = redactor.text(text)
    assert not leaked(cleaned, TOKENS[kind])
    assert "<redacted:" in cleaned
    assert redactor.text(cleaned) == cleaned


def test_the_kind_is_named(redactor):
    for kind, token in TOKENS.items():
        assert f"<redacted:{kind.split()[0]}> back" in redactor.text(f"got {token} back")


def test_a_link_to_sign_in_is_told_without_its_secret(redactor):
    secret = some(43)
    line = f"GET https://f.example/sign-in/link/{secret} HTTP/1.1"
    hidden = line.replace(secret, "<redacted:failonce-link>")
    assert redactor.text(line) == hidden


@pytest.mark.parametrize("kind", KEYED)
def test_values_beside_the_name_of_a_secret_are_found(redactor, kind):
    line = KEYED[kind]
    cleaned = redactor.text(line)
    assert secret_of(line) not in cleaned
    assert "<redacted:" in cleaned
    assert redactor.text(cleaned) == cleaned


def test_what_stands_around_a_secret_is_kept(redactor):
    assert (
        redactor.text(KEYED["url"])
        == "postgresql://shop:<redacted:url-password>@db.example:5432/shop"
    )
    assert (
        redactor.text(KEYED["flag"]) == "login --user me --password <redacted:password> --verbose"
    )
    assert redactor.text(KEYED["query"]) == "GET /v1?user=me&access_token=<redacted:token>&page=2"


USEFUL = [
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 not found",
    "sha256:" + "0f" * 32 + " does not match",
    "request 123e4567-e89b-12d3-a456-426614174000 failed",
    "/home/me/shop/src/token_store/password_test.py:12: error",
    "SyntaxError: Unexpected token } in JSON at position 5",
    "unexpected token: 'foo'",
    "KeyError: 'access_token'",
    "ValueError: invalid literal for int() with base 10: '4111'",
    "max_tokens: 4096, input_tokens=120, tokenizer=cl100k",
    "next_page_token=abc123def",
    "password: str = field()",
    'def login(password: str, token: str | None = None) -> None: "x"',
    "self.token = get_token(user)",
    "token = os.environ['TOKEN']",
    'curl -H "Authorization: Bearer $TOKEN" https://example.org',
    "password=${DB_PASSWORD}",
    "Authorization header is missing",
    "basic usage: bearer authentication is required",
    "order 1234567890123456 at 1700000000123456",
    "task-management-system-with-a-long-name-here",
    "author: Ada42 authored_by=Ada42",
    "PWD=/home/me/shop",
    "http://localhost:8080/a@b",
    "see https://example.org/a:b",
    "GB00 AAAA BBBB CCCC DDDD",
    "disk-usage-desk-chair-risk-assessment-abcdefghijklmnop",
    "Invalid API key provided",
    "the secret is not known",
]


@pytest.mark.parametrize("text", USEFUL)
def test_what_errors_are_understood_by_is_kept(redactor, text):
    assert redactor.text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PASSWORD",
        "db_password",
        "dbPassword",
        "X-API-Key",
        "api.key",
        "clientSecret",
        "access token",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "private_key",
        "AWS_SECRET_ACCESS_KEY",
        "refreshToken",
        "passwd",
    ],
)
def test_key_names_in_any_style(key):
    assert key_kind(key) is not None


@pytest.mark.parametrize(
    "key",
    [
        "tokens",
        "max_tokens",
        "token_count",
        "author",
        "key",
        "pwd",
        "secretary",
        "page_token",
        "passenger",
    ],
)
def test_other_keys(key):
    assert key_kind(key) is None or key == "pwd"


def test_emails_are_an_option():
    assert Redactor().text("to ada@example.org") == "to ada@example.org"
    assert Redactor(emails=True).text("to ada@example.org") == "to <redacted:email>"


@pytest.mark.parametrize("around", [("", " " * 20_000), ("\n" * 20_000, ""), (" " * 9_000,) * 2])
def test_white_space_around_a_text_hides_nothing(redactor, around):
    assert redactor.message(f"{around[0]}Error: no{around[1]}").strip() == "Error: no"
    said = redactor.message(f"{around[0]}Error: no {'x ' * 20_000}end{around[1]}")
    assert said.startswith("Error: no")
    assert said.endswith("end")
    assert redactor.message(" " * 20_000) == ""


def test_a_value_that_only_begins_as_if_it_were_redacted_is_redacted(redactor):
    given = {"password": "<redacted:password> " + some(20), "token": "<redacted:\ud800"}
    assert redactor.args(given) == {"password": "<redacted:password>", "token": "<redacted:token>"}


def test_names_that_no_database_holds_stay_different_names(redactor):
    half = "\ud800"
    names = {
        redactor.clean(
            Recording(
                call=Call(tool=n, session=n, project=n, task=n, trace=n, parent=n),
                text=n,
                error_type=n,
                tags=(n,),
            )
        )
        for n in (half, "\udc80", "a")
    }
    assert len(names) == 3
    for clean in names:
        call = clean.call
        stored = {call.tool, call.session, call.project, call.task, call.trace, call.parent}
        assert len({*stored, clean.text, clean.error_type, *clean.tags}) == 1
        call.tool.encode()
