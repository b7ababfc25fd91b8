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


def switched_off(environ: Mapping[str, str]) -> bool:
    """Whether `FAILONCE=off` rests this process."""
    return environ.get(SWITCH, "").strip().lower() in OFF


def place(folder: str, environ: Mapping[str, str]) -> Place:
    """That of a working directory."""
    root = project_root(folder)
    own, user = _file(f"{root}/failonce.toml"), _file(f"{_user_folder(environ)}/config.toml")
    forced = next((environ[name] for name in _FORCED if environ.get(name, "").strip()), "")
    usual = next((m for layer in (own, user) if (m := _mode(layer))), "")
    return Place(
        project=_named(own) or root,
        store=(environ.get(_STORE, "").strip() and _path(environ[_STORE].strip()))
        or _stored(own, root)
        or _stored(user, _user_folder(environ))
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


def _stored(settings: dict[str, Any], folder: str) -> str:
    """The store that a settings file names, whose path is relative to its folder."""
    store = settings.get("store")
    url = store.get("url") if isinstance(store, dict) else None
    return os.path.join(folder, _path(str(url))) if url else ""  # noqa: PTH118


def _path(url: str) -> str:
    """The file of a store's URL, as `sql_store.store_path` has it."""
    path = url.removeprefix(_SCHEME).partition("?")[0]
    if "%" in path:
        from urllib.parse import unquote  # noqa: PLC0415 - hardly any path is written so

        path = unquote(path)
    return os.path.expanduser(path)  # noqa: PTH111
