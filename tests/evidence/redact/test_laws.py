"""Of any text: redacting twice changes nothing, another scanner finds nothing, time is linear."""

import time

import pytest
from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings
from hypothesis import example, given
from hypothesis import strategies as st

from failonce.evidence.redact import Redactor
from failonce.evidence.secret_patterns import digits_tell, key_kind, plain_signs, signs
from tests.evidence.redact.made import KEYED, TOKENS


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


@given(st.text(max_size=400) | st.lists(WORDS, max_size=25).map("".join))
@example("Authorization: 4111 1111 1111 1111")
@example("to\N{KELVIN SIGN}en=abc123def456")
def test_signs_are_the_same_however_they_are_looked_for(text):
    """A hook looks without RE2; whatever the one finds to redact, the other does."""
    assert Redactor(signs=plain_signs).text(text) == Redactor(signs=signs).text(text)


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


@given(st.lists(WORDS, max_size=25).map("".join))
def test_what_is_remembered_of_a_name_is_what_it_says(name):
    """Names are redacted once and remembered, with the kind of secret that they tell of."""
    redactor = Redactor()
    for _ in range(2):
        assert redactor.name(name) == redactor.message(name, 512)
        assert redactor.argument(name) == (redactor.key(name), key_kind(name))


_FOLD = str.maketrans("123456789", "0" * 9)
_SECRETS = st.sampled_from([*KEYED.values(), *TOKENS.values(), "Basic ", " 4111 ", "x=", " "])


@given(st.lists(st.one_of(WORDS, _SECRETS), max_size=12).map("".join), st.randoms())
def test_where_digits_do_not_tell_a_secret_is_one_with_any_digits(text, random):
    """So that texts which differ in digits alone can be redacted together."""
    other = "".join(random.choice("0123456789") if c in "0123456789" else c for c in text)
    folded = other.translate(_FOLD)
    if other.isascii() and not digits_tell(folded.encode()):
        redactor = Redactor()
        assert redactor.text(other).translate(_FOLD) == redactor.text(folded)


@pytest.mark.parametrize(
    "text", ["card 4111 " + "1111 1111 1111", "Basic " + "dXNlcjpwYXNz", "r" + "8_"]
)
def test_digits_tell_where_one_of_them_makes_a_secret(text):
    assert digits_tell(text.translate(_FOLD).encode())
