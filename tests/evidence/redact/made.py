"""Secrets are put together here from pieces, so that no scanner finds one in this file."""

import json
import random
import string
from base64 import b64encode

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
    "failonce-token": "fo" + "_" + some(8, HEX) + "_" + some(43),
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
