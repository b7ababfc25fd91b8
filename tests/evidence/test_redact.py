"""Secrets are put together here from pieces, so that no scanner finds one in this file."""

import json
import random
import string
import time
from base64 import b64encode
from dataclasses import replace

import pytest
from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings
from hypothesis import example, given
from hypothesis import strategies as st

from failonce.evidence.redact import ARGS, MESSAGE, Redactor
from failonce.evidence.secret_patterns import key_kind
from failonce.model import Call, Parameter, Recording, Reject, ToolSpec

RANDOM = random.Random(20260301)
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"


def some(length: int, alphabet: str = ALNUM) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(length - 2)) + alphabet[10] + "1"


def pem(kind: str) -> str:
    body = "\n".join(some(64) for _ in range(6))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def jwt() -> str:
    return ".".join("ey" + "J" + some(40) if part < 2 else some(43) for part in range(3))


TOKENS = {
    "aws-access-key": "AK" + "IA" + some(16, UPPER),
    "github-token": "gh" + "p_" + some(36),
    "github-token fine": "github" + "_pat_" + some(82),
    "gitlab-token": "gl" + "pat-" + some(20),
    "slack-token": "xo" + "xb-" + some(12, string.digits + "abc") + "-" + some(24),
    "stripe-key": "sk" + "_live_" + some(24),
    "stripe-webhook-secret": "wh" + "sec_" + some(32),
    "openai-key": "sk" + "-proj-" + some(48),
    "openai-key old": "s" + "k-" + some(48),
    "anthropic-key": "sk" + "-ant-" + "api03-" + some(80),
    "google-api-key": "AI" + "za" + some(35),
    "google-oauth-token": "ya" + "29." + some(60),
    "google-client-secret": "GOC" + "SPX-" + some(28),
    "npm-token": "np" + "m_" + some(36),
    "pypi-token": "py" + "pi-AgE" + some(80),
    "huggingface-token": "h" + "f_" + some(34),
    "sendgrid-key": "S" + "G." + some(22) + "." + some(43),
    "twilio-key": "S" + "K" + some(32, HEX),
    "mailgun-key": "ke" + "y-" + some(32, HEX),
    "digitalocean-token": "dop" + "_v1_" + some(64, HEX),
    "databricks-token": "da" + "pi" + some(32, HEX),
    "shopify-token": "shp" + "at_" + some(32, HEX),
    "vault-token": "hv" + "s." + some(40),
    "linear-key": "lin" + "_api_" + some(40),
    "postman-key": "PM" + "AK-" + some(24, HEX) + "-" + some(34, HEX),
    "groq-key": "gs" + "k_" + some(52),
    "replicate-token": "r" + "8_" + some(37),
    "newrelic-key": "NR" + "AK-" + some(27, UPPER),
    "grafana-token": "gl" + "sa_" + some(41),
    "docker-token": "dckr" + "_pat_" + some(27),
    "age-key": "AGE-SECRET" + "-KEY-1" + some(58, UPPER),
    "telegram-token": "123456789" + ":A" + "A" + some(33),
    "jwt": jwt(),
    "private-key": pem("RSA "),
    "private-key openssh": pem("OPENSSH "),
    "private-key plain": pem(""),
    "card": "4111" + "1111" * 3,
    "card grouped": "5500 " + "0000 0000 " + "0004",
    "iban": "DE89 3704 " + "0044 0532 0130 00",
}
"""What is secret wherever it stands."""

PASSWORD = "tr0ub4dor" + "-x9"
KEYED = {
    "env": f"export SHOP_TOKEN={PASSWORD}",
    "env word": "DB_PASSWORD=" + "swordfish",
    "env quoted": f'API_KEY="{PASSWORD}"',
    "flag": f"login --user me --password {PASSWORD} --verbose",
    "flag equals": f"login --api-key={PASSWORD}",
    "json": json.dumps({"clientSecret": PASSWORD, "n": 1}),
    "json in json": json.dumps({"body": json.dumps({"access_token": PASSWORD})}),
    "python": f"{{'passwd': '{PASSWORD}'}}",
    "yaml": f"db:\n  password: {PASSWORD}\n",
    "query": f"GET /v1?user=me&access_token={PASSWORD}&page=2",
    "header": f"Authorization: Bearer {PASSWORD}abcdefgh",
    "header other": f"X-Api-Key: {PASSWORD}",
    "cookie": f"Cookie: sid={PASSWORD}; theme=dark",
    "set-cookie": f"set-cookie: id={PASSWORD}; Path=/",
    "bearer": f"sent bearer {PASSWORD}abcdefgh and got 401",
    "basic": "Basic " + b64encode(f"me:{PASSWORD}".encode()).decode(),
    "url": f"postgresql://shop:{PASSWORD}@db.example:5432/shop",
    "redis": f"redis://:{PASSWORD}@cache:6379/0",
    "curl": f"curl -u me:{PASSWORD} https://example.org",
    "azure account": "AccountName=x;AccountKey=" + some(86) + "==;EndpointSuffix=y",
    "azure sas": "https://x.blob.example/c?sv=1&sig=" + some(43) + "%3D&se=2",
    "slack webhook": "https://hooks.slack.com/" + "services/T0000/B0000/" + some(24),
    "aws secret": "aws_secret_access_key = " + some(40),
    "odbc": f"Server=db;Uid=sa;Pwd={PASSWORD};",
    "npmrc": f"//registry.example/:_authToken={PASSWORD}",
}


def leaked(text: str, secret: str) -> bool:
    """True where the secret, or a stretch of it that would help to guess it, is still there."""
    return any(part in text for part in secret.split() if len(part) >= 8)


def secret_of(line: str) -> str:
    """The part of a keyed sample that must not stay."""
    found = [PASSWORD, "swordfish"]
    return next((one for one in found if one in line), line[-50:-12])


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor()


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


def test_arguments_are_redacted_by_key_and_by_text(redactor):
    token = TOKENS["github-token"]
    cleaned = redactor.args(
        {
            "user": "me",
            "password": PASSWORD,
            "pin": 1234,
            "auth": {"user": "me", "codes": [12345, "x"], "on": True},
            "headers": {"Authorization": PASSWORD, "Accept": "*/*"},
            "list": [{"name": "Cookie", "value": PASSWORD}],
            "argv": ["login", "--token", PASSWORD, "--user", "me"],
            "command": f"TOKEN={token} run",
            token: 1,
            "empty": {"password": "", "token": None},
        }
    )
    assert PASSWORD not in json.dumps(cleaned)
    assert token not in json.dumps(cleaned)
    assert cleaned["user"] == "me"
    assert cleaned["pin"] == 1234
    assert cleaned["auth"] == {
        "user": "<redacted:authorization>",
        "codes": ["<redacted:authorization>"] * 2,
        "on": True,
    }
    assert cleaned["headers"]["Accept"] == "*/*"
    assert cleaned["argv"] == ["login", "--token", "<redacted:token>", "--user", "me"]
    assert cleaned["empty"] == {"password": "", "token": None}
    assert redactor.args(cleaned) == cleaned


def test_no_field_of_a_recording_is_left_out(redactor):
    token = TOKENS["npm-token"]
    call = Call(
        tool=token,
        args={"a": token},
        raw=token,
        session=token,
        project=token,
        task=token,
        trace=token,
        parent=token,
    )
    dirty = Recording(call=call, text=token, error_type=token, tags=(token,))
    assert token not in repr(replace(redactor.clean(dirty), id=None))
    assert token not in repr(redactor.reject(Reject(source="s", line=1, reason=token, raw=token)))


def test_arguments_that_could_not_be_decoded_hold_no_secret_either(redactor):
    sent = '{"user": "ada", "password": "hunter2xyz", "note": "unterminated'
    raw = redactor.clean(Recording(call=Call(tool="t", raw=sent), text="")).call.raw
    assert "hunter2xyz" not in raw
    assert '"user": "ada"' in raw
    assert (
        len(redactor.clean(Recording(call=Call(tool="t", raw="x " * ARGS), text="")).call.raw)
        <= ARGS
    )


def test_a_tools_description_of_itself_holds_no_secret(redactor):
    token = TOKENS["npm-token"]
    spec = ToolSpec(
        name="publish",
        description=f"Uses {token}.",
        parameters=(Parameter(name="key", choices=(token, 3)), Parameter(name="note")),
        digest="d",
    )
    clean = redactor.tool(spec)
    assert token not in repr(clean)
    assert [p.name for p in clean.parameters] == ["key", "note"]
    assert clean.parameters[0].choices[1] == 3
    assert redactor.tool(clean) == clean


def test_emails_are_an_option():
    assert Redactor().text("to ada@example.org") == "to ada@example.org"
    assert Redactor(emails=True).text("to ada@example.org") == "to <redacted:email>"


def test_messages_keep_both_ends(redactor):
    for size in (5_000, 50_000, 5_000_000):
        short = redactor.message("begin " + "x " * size + "end")
        assert len(short) <= MESSAGE
        assert short.startswith("begin")
        assert short.endswith("end")
        assert redactor.message(short) == short


def test_a_secret_across_a_cut_is_not_left_in_part(redactor):
    token = TOKENS["anthropic-key"]
    for before in range(1900, 6400, 37):
        for size in (100, 20_000):
            text = "word " * (before // 5) + token + " " + "word " * size
            assert token[10:30] not in redactor.message(text)
            assert token[10:30] not in redactor.message(text[::-1].replace(token[::-1], token))


def test_half_a_private_key_is_redacted(redactor):
    key = TOKENS["private-key"]
    assert key[200:240] not in redactor.text(key[:300])


def test_arguments_are_bounded_and_the_longest_texts_cut_first(redactor):
    cleaned = redactor.args({"short": "s" * 500, "long": "l" * 60_000, "longer": "m " * 60_000})
    assert len(json.dumps(cleaned)) <= ARGS * 1.05
    assert cleaned["short"] == "s" * 500
    many = redactor.args({str(n): [n] * 10 for n in range(10_000)})
    assert len(json.dumps(many)) < 40_000
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"d": deep}
    assert "nested too deeply" in json.dumps(redactor.args(deep))  # type: ignore[arg-type]


@given(st.text(max_size=400))
@example("a\0b\ud800c")
@example("password=<redacted:password>")
def test_redacting_twice_changes_nothing(text):
    redactor = Redactor(emails=True)
    once = redactor.text(text)
    assert redactor.text(once) == once
    once.encode("utf-8")
    assert "\0" not in once


WORDS = st.sampled_from(
    [
        "password",
        "=",
        ":",
        " ",
        '"',
        "'",
        "\\",
        "token",
        "--secret",
        "x1y2z3w4",
        "://",
        "@",
        "Bearer ",
        "\n",
        "<redacted:jwt>",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "eyJ",
        ".",
        "cookie",
        "&sig=",
        ",",
        "(",
        "$X",
        "İ",
    ]
)


@given(st.lists(WORDS, max_size=25).map("".join))
def test_nor_does_it_for_texts_about_secrets(text):
    redactor = Redactor()
    once = redactor.text(text)
    assert redactor.text(once) == once


PLUGINS = [
    "AWSKeyDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "SlackDetector",
    "StripeDetector",
    "OpenAIDetector",
    "NpmDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "TwilioKeyDetector",
    "JwtTokenDetector",
    "PrivateKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "TelegramBotTokenDetector",
    "AzureStorageKeyDetector",
    "MailchimpDetector",
]


def test_another_scanner_finds_nothing_in_what_was_redacted(redactor):
    """The peer, whose patterns are fewer, sees secrets in some lines, and afterwards in none."""
    samples = [
        f"{words} {secret} {words}" for words in ("sent", "error at") for secret in TOKENS.values()
    ]
    samples += KEYED.values()
    seen = 0
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        for sample in samples:
            seen += any(True for line in sample.splitlines() for _ in scan_line(line))
            cleaned = redactor.text(sample)
            assert [s.type for line in cleaned.splitlines() for s in scan_line(line)] == []
    assert seen >= 20


ADVERSARIAL = [
    "token",
    "password=",
    'password="',
    "password='\"",
    "secret: ",
    "eyJ",
    "eyJaaaaaaaaa.",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "://a:",
    "://",
    "AKIA",
    "sk-",
    "ghp_aaaa",
    "Bearer a",
    "4111 1111 ",
    "4",
    "41111111111111111",
    "DE89 3704 ",
    "AB12",
    "a.b-c_",
    "--token ",
    '\\"token\\": \\"',
    " -u a:",
    "&sig=a",
    "Basic aaaa",
    "xoxb-",
    "cookie:",
    "authorization: x\n",
    "((((",
    "İpassword=",
    "PuTTY-User-Key-File-2: ",
]


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_time_is_linear_in_hostile_text(redactor, piece):
    """Four times the text may take no more than about ten times as long."""

    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            redactor.text(text)
            best = min(best, time.process_time() - began)
        return best

    small = seconds(8 << 10)
    assert small < 0.5
    assert seconds(32 << 10) < 10 * small + 0.01


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
