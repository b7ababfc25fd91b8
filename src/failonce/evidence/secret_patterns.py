"""What a secret looks like: tables, and nothing else decides.

Three kinds of sign: a token that names its issuer by a prefix, a value beside a key that
names a secret, and numbers with a check digit. Digests, UUIDs, git hashes and paths are no
secrets: errors are grouped and understood by them.
"""

import re
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final


class Token:
    """A secret that begins with `prefix`; group 1 of `pattern`, where it has one, is secret.

    `pattern` is matched where the prefix stands. Unless `inside`, no word may run into it.
    It is compiled when its prefix is first met: there are a hundred of them.
    """

    def __init__(
        self,
        kind: str,
        prefix: str,
        tail: str,
        *,
        inside: bool = False,
        holds: Callable[[str], bool] | None = None,
    ) -> None:
        self.kind = kind
        self.prefix = prefix
        self.inside = inside
        self.holds = holds
        self._tail = tail

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the whole secret looks like, from its prefix on."""
        return re.compile(re.escape(self.prefix) + self._tail)


class Late:
    """A pattern that is compiled where it is first asked: most texts never come to that."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @cached_property
    def now(self) -> re.Pattern[str]:
        """The pattern."""
        return re.compile(self._pattern)


def _token(kind: str, tail: str, *prefixes: str) -> tuple[Token, ...]:
    return tuple(Token(kind, p, tail) for p in prefixes)


def _inside(
    kind: str, tail: str, *prefixes: str, holds: Callable[[str], bool] | None = None
) -> tuple[Token, ...]:
    return tuple(Token(kind, p, tail, inside=True, holds=holds) for p in prefixes)


def _is_basic(value: str) -> bool:
    """`Basic` is followed by base64 of `user:password`, or it is just a word."""
    from base64 import b64decode  # noqa: PLC0415 - hardly ever asked

    try:
        return b":" in b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (Base64Error, ValueError):
        return False


def mixed(value: str) -> bool:
    """Letters and digits both: a generated value, not a word."""
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


TOKENS: Final[tuple[Token, ...]] = (
    *_token("aws-access-key", r"[A-Z0-9]{16}(?![A-Za-z0-9])", "AKIA", "ASIA", "ABIA", "ACCA"),
    *_token("github-token", r"[A-Za-z0-9]{36,255}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *_token("github-token", r"[A-Za-z0-9_]{22,255}", "github_pat_"),
    *_token("gitlab-token", r"[A-Za-z0-9_.-]{20,300}", "glpat-", "gldt-", "glrt-", "glptt-"),
    *_token("failonce-token", r"[0-9a-f]{8}_[A-Za-z0-9]{43}(?![A-Za-z0-9])", "fo_"),
    *_inside("failonce-link", r"([A-Za-z0-9]{43})(?![A-Za-z0-9])", "/sign-in/link/"),
    *_token("slack-token", r"[A-Za-z0-9-]{10,250}", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"),
    *_token("slack-token", r"[A-Za-z0-9-]{10,250}", "xapp-", "xoxe-", "xoxe."),
    *_inside("slack-webhook", r"([A-Za-z0-9/_+-]{20,100})", "hooks.slack.com/services/"),
    *_inside("discord-webhook", r"(\d{10,25}/[\w-]{30,120})", "discord.com/api/webhooks/"),
    *_token("stripe-key", r"[A-Za-z0-9]{10,250}", "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
    *_token("stripe-webhook-secret", r"[A-Za-z0-9]{24,100}", "whsec_"),
    *_token("anthropic-key", r"[A-Za-z0-9_-]{20,250}", "sk-ant-"),
    *_token("openai-key", r"[A-Za-z0-9_-]{20,250}", "sk-proj-", "sk-svcacct-", "sk-admin-"),
    *_token("openai-key", r"[A-Za-z0-9]{20,250}", "sk-"),
    *_token("openrouter-key", r"[a-f0-9]{32,100}", "sk-or-v1-"),
    *_token("google-api-key", r"[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "AIza"),
    *_token("google-oauth-token", r"[A-Za-z0-9_.-]{20,500}", "ya29."),
    *_token("google-client-secret", r"[A-Za-z0-9_-]{20,80}", "GOCSPX-"),
    *_token("npm-token", r"[A-Za-z0-9]{36}(?![A-Za-z0-9])", "npm_"),
    *_token("pypi-token", r"[A-Za-z0-9_-]{50,500}", "pypi-AgE"),
    *_token("huggingface-token", r"[A-Za-z0-9]{30,100}", "hf_", "api_org_"),
    *_token("sendgrid-key", r"[\w-]{16,40}\.[\w-]{16,80}", "SG."),
    *_token("twilio-key", r"[0-9a-f]{32}(?![0-9A-Za-z])", "SK"),
    *_token("mailgun-key", r"[0-9a-f]{32}(?![0-9A-Za-z])", "key-"),
    *_token("digitalocean-token", r"[a-f0-9]{64}", "dop_v1_", "doo_v1_", "dor_v1_"),
    *_token("databricks-token", r"[a-f0-9]{32}(?:-\d)?(?![0-9A-Za-z])", "dapi"),
    *_token("shopify-token", r"[a-fA-F0-9]{32}", "shpat_", "shpca_", "shppa_", "shpss_"),
    *_token("square-token", r"[\w-]{22,60}", "sq0atp-", "sq0csp-", "EAAAE"),
    *_token("vault-token", r"[\w-]{24,300}", "hvs.", "hvb."),
    *_token("linear-key", r"[A-Za-z0-9]{32,60}", "lin_api_"),
    *_token("notion-token", r"[A-Za-z0-9]{40,60}", "ntn_", "secret_"),
    *_token("postman-key", r"[a-f0-9]{24}-[a-f0-9]{34}", "PMAK-"),
    *_token("groq-key", r"[A-Za-z0-9]{40,80}", "gsk_"),
    *_token("xai-key", r"[A-Za-z0-9]{60,100}", "xai-"),
    *_token("replicate-token", r"[A-Za-z0-9]{37}(?![A-Za-z0-9])", "r8_"),
    *_token("perplexity-key", r"[A-Za-z0-9]{40,60}", "pplx-"),
    *_token("newrelic-key", r"[A-Z0-9]{27}(?![A-Z0-9])", "NRAK-"),
    *_token("grafana-token", r"[A-Za-z0-9_=-]{32,400}", "glsa_", "glc_"),
    *_token("docker-token", r"[A-Za-z0-9_-]{24,60}", "dckr_pat_", "dckr_oat_"),
    *_token("age-key", r"[A-Z0-9]{58}", "AGE-SECRET-KEY-1"),
    *_token("artifactory-key", r"[A-Za-z0-9]{60,80}", "AKCp"),
    *_inside("terraform-token", r"([A-Za-z0-9_=-]{60,80})", ".atlasv1."),
    *_inside("telegram-token", r"[\w-]{32,36}(?![\w-])", ":AA"),
    *_token("jwt", r"[\w-]{8,4000}\.[\w-]{4,8000}(?:\.[\w-]{0,4000})?", "eyJ"),
    *_inside(
        "private-key",
        r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,16384}"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        "-----BEGIN ",
    ),
    *_inside(
        "putty-key",
        r"\d: (?:[^P]|P(?!uTTY-User-Key|rivate-MAC)){0,16384}(?:Private-MAC: \w{1,100})?",
        "PuTTY-User-Key-File-",
    ),
    *_inside("url-password", r"[^\s:/@\"'<>]{0,100}:([^\s/@\"'<>]{1,300})@", "://"),
    *_inside("bearer", r"([\w.~+/=-]{16,4000})", "Bearer ", "bearer ", "BEARER ", holds=mixed),
    *_inside("basic-auth", r"([\w+/-]{6,1000}={0,2})", "Basic ", "basic ", holds=_is_basic),
    *_inside("azure-key", r"([A-Za-z0-9+/=]{20,200})", "AccountKey=", "SharedAccessKey="),
    *_inside("azure-sas", r"([A-Za-z0-9%+/=]{20,200})", "?sig=", "&sig="),
    *_inside("azure-client-secret", r"[\w.~-]{30,36}(?![\w.~-])", "8Q~"),
    *_inside("curl-password", r"[^\s:\"']{1,100}:([^\s\"']{1,200})", " -u ", " --user "),
)  # fmt: skip

# ------------------------------------------------------------------ keys

KEYWORDS: Final = (
    "passw", "passphrase", "pwd", "secret", "token", "api_key", "api-key", "apikey", "access_key",
    "access-key", "accesskey", "account_key", "accountkey", "private_key", "private-key",
    "privatekey", "signing_key", "encryption_key", "auth", "cookie", "credential",
)  # fmt: skip
"""What to look for, in lower case, where a text may name a secret."""

_ENDINGS: Final = (
    ("password", "password"), ("passwd", "password"), ("passwort", "password"),
    ("passphrase", "password"), ("pwd", "password"), ("pgpass", "password"),
    ("token", "token"), ("apikey", "api-key"), ("secretaccesskey", "aws-secret-key"),
    ("accesskey", "access-key"), ("accountkey", "access-key"), ("privatekey", "private-key"),
    ("signingkey", "secret"), ("encryptionkey", "secret"), ("secretkey", "secret"),
    ("secret", "secret"), ("authorization", "authorization"), ("authheader", "authorization"),
    ("xauth", "authorization"), ("setcookie", "cookie"), ("cookie", "cookie"),
    ("cookies", "cookie"), ("credential", "credential"), ("credentials", "credential"),
    ("passcode", "password"), ("authkey", "api-key"), ("sessionkey", "token"),
)  # fmt: skip
_EXACT: Final = {"auth": "authorization", "cvv": "card", "cvc": "card", "pass": "password"}
_PUBLIC: Final = ("pagetoken", "pagingtoken", "cursortoken", "pageaccesstoken", "oldpwd")
"""Keys that end like a secret and hold none."""
_SEPARATORS: Final = str.maketrans("", "", "-_. ")


@lru_cache(maxsize=4096)
def key_kind(key: str) -> str | None:
    """The kind of secret that a key of this name holds, None for all other keys.

    Case and separators do not matter: `API-Key`, `apiKey` and `api_key` are one name.
    """
    name = key[-64:].lower().translate(_SEPARATORS)
    if name in _EXACT:
        return _EXACT[name]
    if key == "PWD":
        return None  # the shell's working directory
    if name.endswith(_PUBLIC):
        return None
    return next((kind for ending, kind in _ENDINGS if name.endswith(ending)), None)


VALUE: Final = Late(
    r"([\w.-]{2,64})"
    r"(?:\\{0,3}[\"'\]]{0,2}[ \t]{0,4}(=>|:=|[:=](?![:=]))[ \t]{0,4}|([ \t]{1,4}))"
    r"(?:(\\{0,3}[\"'`])((?:(?!\4)[^\n]){0,8192})|([^\s\"'`,;&)\]}|]{1,8192}))"
)
"""From a keyword on: rest of the key, separator or blank, then a quoted or a bare value."""

HEADERS: Final = frozenset({"authorization", "cookie"})

HEADER_VALUE: Final = Late(r"[^\r\n\"'\\]{1,4096}")
"""A header's value: the rest of the line."""

_WORDS: Final = frozenset(
    """
    none null nil true false undefined str string int integer number bool boolean bytes any object
    required optional invalid missing expired empty unset not is was expected unexpected unknown
    must the a an of for in and or to basic bearer self this new await get input
    """.split()  # noqa: SIM905 - a list of so many quoted words is harder to read
)
_REFERENCE: Final = Late(
    r"\$\{?[\w.:!-]{1,100}\}?|\$\(.{0,300}|<[^<>]{0,100}>?|\{\{?[^{}]{0,100}\}?\}?|%\w{1,60}%?|%\(\w{1,60}\)s"
    r"|(?:os|process|env|self|this|config|args|ctx|settings|secrets)\.[\w.\[\]]{1,200}"
    r"|[xX*.•_-]{1,200}"
)
_CALL: Final = Late(r"[A-Za-z_][\w.]{0,100}[(\[].{0,2048}")


def is_reference(value: str) -> bool:
    """True for what stands in a secret's place: a variable, a type, a placeholder, a word."""
    return (
        value.startswith("<redacted:")
        or value.lower().rstrip("?.,:;!") in _WORDS
        or _REFERENCE.now.fullmatch(value) is not None
    )


def is_code(value: str) -> bool:
    """True for a bare value that is the beginning of a call or of an index."""
    return _CALL.now.fullmatch(value) is not None


# --------------------------------------------------------------- numbers

NUMBERS: Final = Late(
    r"[3-6]\d{3}(?:[ -]\d{4}){2}[ -]\d{4}(?:[ -]?\d{3})?(?![\w-])"
    r"|3[47]\d{2}[ -]\d{6}[ -]\d{5}(?![\w-])"
    r"|(?:4\d{15}|5[1-5]\d{14}|6011\d{12}|65\d{14}|3[47]\d{13})(?![\w.-])"
    r"|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
"""Payment cards (with separators, or bare with an issuer's digits) and IBANs."""

EMAIL: Final = Late(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


def number_kind(text: str) -> str | None:
    """`card` or `iban` where the check digits hold, else None."""
    if text[0].isalpha():
        compact = text.replace(" ", "")
        moved = compact[4:] + compact[:4]
        if not "02" <= compact[2:4] <= "98":
            return None
        return "iban" if int("".join(str(int(c, 36)) for c in moved)) % 97 == 1 else None
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = (sum(divmod(2 * d, 10)) for d in digits[1::2])
    return "card" if (sum(digits[::2]) + sum(doubled)) % 10 == 0 else None


# ----------------------------------------------------------------- signs

TOKEN_SIGN, KEY_SIGN, NUMBER_SIGN = range(3)
_NUMBER_SIGN: Final = r"[3-6]\d{3}[ -]?\d{4,6}[ -]?\d{3}|[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}"


@lru_cache(maxsize=1)
def _signs() -> Any:
    import re2  # noqa: PLC0415 - `plain_signs` does without

    table = re2.Set.SearchSet()
    table.Add("|".join(re2.escape(token.prefix) for token in TOKENS))
    table.Add("(?i:" + "|".join(re2.escape(word) for word in KEYWORDS) + ")")
    table.Add(_NUMBER_SIGN)
    table.Compile()
    return table


def signs(raw: bytes) -> Sequence[int]:
    """Which of the three signs a text in UTF-8 holds; every secret holds one.

    One pass over the bytes rules most texts out.
    """
    found: Sequence[int] | None = _signs().Match(raw)
    return found or ()


def plain_signs(raw: bytes) -> Sequence[int]:
    """The same for one text or a few: slower, but nothing has to be loaded or compiled for it."""
    lower = raw.decode("utf-8", "replace").lower()
    found = []
    if any(token.prefix.encode() in raw for token in TOKENS):
        found.append(TOKEN_SIGN)
    if any(word in lower for word in KEYWORDS):
        found.append(KEY_SIGN)
    if re.search(_NUMBER_SIGN.encode(), raw):
        found.append(NUMBER_SIGN)
    return found


@lru_cache(maxsize=1)
def _telling() -> Any:
    import re2  # noqa: PLC0415 - as above

    fold = str.maketrans("123456789", "0" * 9)
    prefixes = [t.prefix for t in TOKENS if t.holds is _is_basic or _holds_digit(t.prefix)]
    table = re2.Set.SearchSet()
    table.Add("|".join(re2.escape(prefix.translate(fold)) for prefix in prefixes))
    table.Add(_NUMBER_SIGN.replace("[3-6]", "0"))
    table.Compile()
    return table


def _holds_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def digits_tell(folded: bytes) -> bool:
    """Whether, of two texts that are this one once their digits are zeros, one may hold a secret
    where the other holds none.

    All other signs are of letters, and take every digit for any other.
    """
    return bool(_telling().Match(folded))
