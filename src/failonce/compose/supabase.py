"""The variables by which the Skillsmith seed names its database, as another name of `store.url`."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from failonce.errors import BadSetting

HOST: Final = "SUPABASE_DB_HOST"
"""Without it the others say nothing. It may hold a whole URL, as the seed's own calls allow."""


def database(environ: Mapping[str, str]) -> str | None:
    """The URL that `SUPABASE_DB_HOST`, `_PORT`, `_NAME`, `_USER` and `_PASSWORD` make (S29)."""

    def told(name: str, default: str) -> str:
        return environ.get(f"SUPABASE_DB_{name}", "").strip() or default

    host = told("HOST", "")
    if not host or "://" in host:
        return host or None
    port = told("PORT", "5432")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise BadSetting(f"SUPABASE_DB_PORT is `{port}`; it takes a number such as 5432.")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"  # an address of IPv6
    secret = environ.get("SUPABASE_DB_PASSWORD", "")
    user = quote(told("USER", "postgres"), safe="") + (f":{quote(secret, safe='')}" * bool(secret))
    return f"postgresql://{user}@{host}:{port}/{quote(told('NAME', 'postgres'), safe='')}"
