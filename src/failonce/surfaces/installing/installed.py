"""What is installed where, and whether it can still be called."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from failonce.errors import FailonceError
from failonce.surfaces.installing import changes, commands, files, toml_text
from failonce.surfaces.installing.clients import Client, Scope, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How failonce stands in one configuration of a client."""

    client: Client
    scope: Scope
    where: str
    """Where the client is, empty where it was not found."""
    path: Path
    installed: bool
    trouble: str = ""
    """What is wrong, and what to do about it; empty where nothing is."""


def standings(here: Surroundings) -> Iterator[Standing]:
    """That of each client and scope."""
    for client in Client:
        where = here.found(client)
        for scope in Scope:
            path = here.hooks_file(client, scope)
            installed, trouble = _look(here, client, path)
            yield Standing(
                client=client,
                scope=scope,
                where=where,
                path=path,
                installed=installed,
                trouble=trouble,
            )


def _look(here: Surroundings, client: Client, path: Path) -> tuple[bool, str]:
    try:
        found = changes.hooks_in(files.look(path).text)
    except FailonceError as error:
        return False, str(error)
    if not found:
        return False, ""
    called = {commands.program(entry) for entries in found.values() for entry in entries}
    gone = [program for program in sorted(called) if shutil.which(program) is None]
    if gone:
        again = f"Install it anew: failonce install {client}"
        return True, f"{path} calls {gone[0]}, which is gone. {again}"
    if client is Client.CODEX and _switched_off(here):
        return True, f"Codex's hooks are switched off in {here.folder(client) / 'config.toml'}"
    return True, ""


def _switched_off(here: Surroundings) -> bool:
    try:
        told = toml_text.read(files.look(here.folder(Client.CODEX) / "config.toml").text)
    except FailonceError:
        return False
    features = told.get("features")
    known = features if isinstance(features, dict) else {}
    return known.get("hooks", known.get("codex_hooks")) is False
