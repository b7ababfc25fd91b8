"""What secrets look like, and whose they are."""

import re
import secrets
import string
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from failonce.model import Account, BrowserSession, Token
from failonce.ports import Access

SESSION_LASTS: Final = timedelta(days=14)
"""After this a person signs in again, however busy the session was."""
SESSION_IDLE: Final = timedelta(days=4)
"""Unused for so long, a session is over: longer than from Friday to Tuesday."""

_ALPHABET: Final = string.ascii_letters + string.digits
"""No dash: libraries that report errors from a browser take only these and `_` for a key."""
_LENGTH: Final = 43
"""So many of 62 characters are 256 bits, so their plain hash cannot be turned round by trying."""
_SECRET: Final = rf"[A-Za-z0-9]{{{_LENGTH}}}"
_TOKEN: Final = re.compile(rf"fo_([0-9a-f]{{8}})_{_SECRET}")


def random_secret() -> str:
    """256 bits that nobody can guess: 43 letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def random_id() -> str:
    """Eight hex digits to speak of a token by."""
    return secrets.token_hex(4)


def token_secret(id: str) -> str:
    """The secret of a token: it shows what it is, so that a leaked one is found."""
    return f"fo_{id}_{random_secret()}"


def token_id(secret: str) -> str | None:
    """The id in the secret of a token; None for other text."""
    found = _TOKEN.fullmatch(secret)
    return None if found is None else found[1]


def is_secret(text: str) -> bool:
    """Whether a cookie or a link could hold it; the store need not be asked for other text."""
    return re.fullmatch(_SECRET, text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret. Its 256 random bits make salt and slowness needless."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def recognise(store: Access, secret: str, now: datetime) -> Token | None:
    """The token of this secret, where it lets anybody in now; text of another form asks nobody."""
    if token_id(secret) is None:
        return None
    ours = digest(secret)
    token = store.token(ours)
    if token is None or not compare_digest(token.digest, ours):
        return None
    return token if token.live(now) else None


def session_of(store: Access, cookie: str, now: datetime) -> tuple[BrowserSession, Account] | None:
    """The session of a cookie and whose it is, where it goes on and the account may sign in."""
    session = store.session(digest(cookie)) if is_secret(cookie) else None
    if session is None or now >= min(session.expires_at, session.seen_at + SESSION_IDLE):
        return None
    account = store.account(session.account)
    return None if account is None or account.disabled else (session, account)
