"""Whose call it is and where its store lies, for a process that must be quick about it.

`compose.reading` reads all settings and checks them; here only those are looked at that a hook
needs, and a file that is not there costs one look. What cannot be read raises `ValueError` or
`OSError`. Neither the model nor a library is loaded here, unless a settings file has to be read
or the system is neither Linux nor a BSD.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any, Final

SWITCH: Final = "FAILONCE"
OFF: Final = frozenset({"off", "0", "false", "no"})
_STORE: Final = "FAILONCE_STORE__URL"
_FORCED: Final = ("FAILONCE_LEARNING__MODE", "FAILONCE_LEARNING__ENABLED", "FORMAL_AI_SKILL_MODE")
_LEARNING: Final = ("mode", "enabled")
_SCHEME: Final = "sqlite:///"
SERVED: Final = ("postgresql", "postgres")
"""The schemes of stores on a server."""
_SUPABASE: Final = "SUPABASE_DB_"


class Place:
    """Where a call was made: its `project` and the `store` that its report goes to.

    `off` tells that the environment rests failonce there, `usually_off` that a settings file
    does, which holds where nobody set the mode in the store.
    """

    __slots__ = ("off", "project", "store", "usually_off")

    def __init__(self, project: str, store: str, *, off: bool, usually_off: bool) -> None:
        self.project = project
        self.store = store
        self.off = off
        self.usually_off = usually_off


def supabase(environ: Mapping[str, str]) -> str:
    """The store that the variables of the Skillsmith seed name; empty without a host (S29).

    `SUPABASE_DB_HOST` may hold a whole URL. Else the store gets a schema of its own, for Supabase
    shows what is in `public` to the world.
    """

    def told(name: str, default: str) -> str:
        return environ.get(_SUPABASE + name, "").strip() or default

    host = told("HOST", "")
    if not host or "://" in host:
        return host
    from urllib.parse import quote  # noqa: PLC0415 - few have such variables

    port = told("PORT", "5432")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(f"{_SUPABASE}PORT is `{port}`; it takes a number such as 5432.")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"  # an address of IPv6
    secret = environ.get(f"{_SUPABASE}PASSWORD", "")
    who = ":".join(quote(part, safe="") for part in (told("USER", "postgres"), secret) if part)
    name = quote(told("NAME", "postgres"), safe="")
    return f"postgresql://{who}@{host}:{port}/{name}?schema=failonce"


def switched_off(environ: Mapping[str, str]) -> bool:
    """Whether `FAILONCE=off` rests this process."""
    return environ.get(SWITCH, "").strip().lower() in OFF


def place(folder: str, environ: Mapping[str, str]) -> Place:
    """That of a working directory."""
    root = project_root(folder)
    own, user = _file(f"{root}/failonce.toml"), _file(f"{_user_folder(environ)}/config.toml")
    forced = next((environ[name] for name in _FORCED if environ.get(name, "").strip()), "")
    usual = next((m for layer in (own, user) if (m := _mode(layer))), "")
    told = environ.get(_STORE, "").strip() or supabase(environ)
    return Place(
        project=_named(own) or root,
        store=(told and store_path(told, environ))
        or _stored(own, root, environ)
        or _stored(user, _user_folder(environ), environ)
        or f"{data_folder(environ)}/failonce.db",
        off=switched_off(environ) or forced.strip().lower() in OFF,
        usually_off=usual.strip().lower() in OFF,
    )


def project_of(folder: str) -> str:
    """The project whose calls are made in a folder: its git root, or as `failonce.toml` there
    names it; the folder itself where there is no such root."""
    root = project_root(folder)
    return _named(_file(f"{root}/failonce.toml")) or root


def _named(settings: Mapping[str, Any]) -> str:
    name = settings.get("project")
    return name if isinstance(name, str) else ""


def project_root(folder: str) -> str:
    """The nearest folder upwards that holds `.git`, else the folder itself."""
    here = path = os.path.realpath(folder)
    while True:
        if os.path.exists(f"{path}/.git"):  # noqa: PTH110 - `Path` takes longer to load
            return path
        above = os.path.dirname(path)  # noqa: PTH120
        if above == path:
            return here
        path = above


def data_folder(environ: Mapping[str, str]) -> str:
    """The user's data folder of failonce."""
    return _folder("XDG_DATA_HOME", ".local/share", "user_data_dir", environ)


def _user_folder(environ: Mapping[str, str]) -> str:
    return _folder("XDG_CONFIG_HOME", ".config", "user_config_dir", environ)


def _folder(variable: str, usual: str, name: str, environ: Mapping[str, str]) -> str:
    if sys.platform in ("darwin", "win32"):
        import platformdirs  # noqa: PLC0415 - elsewhere two lines tell the same

        return str(getattr(platformdirs, name)("failonce", appauthor=False))
    base = environ.get(variable, "").strip()
    if not base.startswith("/"):
        base = os.path.expanduser(f"~/{usual}")  # noqa: PTH111
    return f"{base}/failonce"


def _file(path: str) -> dict[str, Any]:
    try:
        handle = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    import tomllib  # noqa: PLC0415 - most have no settings file

    with os.fdopen(handle, "rb") as file:
        return tomllib.load(file)


def _mode(settings: dict[str, Any]) -> str:
    learning = settings.get("learning")
    if not isinstance(learning, dict):
        return ""
    return next((str(learning[key]) for key in _LEARNING if key in learning), "")


def _stored(settings: dict[str, Any], folder: str, environ: Mapping[str, str]) -> str:
    """The store that a settings file names, whose path is relative to its folder."""
    store = settings.get("store")
    url = store.get("url") if isinstance(store, dict) else None
    return os.path.join(folder, store_path(str(url), environ)) if url else ""  # noqa: PTH118


def store_path(url: str, environ: Mapping[str, str]) -> str:
    """The file of a store's URL; what a machine keeps of a store lies beside it.

    A store on a server has a path in the data folder for that, the same for whoever it lets in.
    """
    if url.partition(":")[0].partition("+")[0] in SERVED:
        return f"{data_folder(environ)}/postgresql/{_seat(url)}"
    path = url.removeprefix(_SCHEME).partition("?")[0]
    if "%" in path:
        from urllib.parse import unquote  # noqa: PLC0415 - hardly any path is written so

        path = unquote(path)
    return os.path.expanduser(path)  # noqa: PTH111


def _seat(url: str) -> str:
    """A file's name for a database on a server, made of where that is and never of a secret."""
    import hashlib  # noqa: PLC0415 - few stores are on a server
    from urllib.parse import parse_qs, unquote, urlsplit  # noqa: PLC0415

    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    name = unquote(parts.path).strip("/")
    where = [parts.netloc.rpartition("@")[2].lower().removesuffix(":5432"), name]
    where += ["".join(asked.get(key, ())) for key in ("host", "port", "schema")]
    digest = hashlib.blake2b("\0".join(where).encode("utf-8", "replace"), digest_size=8).hexdigest()
    spoken = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)[:32]
    return f"{spoken or 'store'}-{digest}"
