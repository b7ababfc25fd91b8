"""Keyrings of the kernel, which processes inherit like open files."""

import ctypes
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.attack import Arena, Attack, Family, Ran, told
from tests.escape.blind.preludes import CALLS, other_machine

_ADD_KEY, _KEYCTL = 248, 250
_LINK, _SEARCH = 8, 10
_SESSION, _USER = -3, -4
_libc = ctypes.CDLL(None, use_errno=True)


def _key(ring: int, name: str, text: str) -> None:
    secret = text.encode()
    added = _libc.syscall(_ADD_KEY, b"user", name.encode(), secret, len(secret), ring)
    assert added > 0, ctypes.get_errno()


def _session(arena: Arena) -> Args:
    _key(_SESSION, "operator:token", arena.secret)
    return {}


def _user(arena: Arena) -> Args:
    _key(_USER, "operator:token", arena.secret)
    assert _libc.syscall(_KEYCTL, _LINK, _USER, _SESSION) == 0  # as a login does
    return {}


def _telling_name(arena: Arena) -> Args:
    _key(_SESSION, arena.secret, "x")
    return {}


def _gone(_: Arena, __: Ran) -> str:
    found = _libc.syscall(_KEYCTL, _SEARCH, _SESSION, b"user", b"operator:token", 0)
    return "the operator's key is gone" if found < 0 else ""


def _planted(_: Arena, __: Ran) -> str:
    found = _libc.syscall(_KEYCTL, _SEARCH, _SESSION, b"user", b"planted", 0)
    return "the host has a key of the job's" if found > 0 else ""


def _keys(name: str, does: str, **more: Any) -> Attack:
    facts = {"bait": _session, "reached": told, **more}
    body = indent(dedent(does).strip(), "    ")
    return Attack(
        name=name,
        family=Family.KEYRINGS,
        source=f"{CALLS}\ndef attack():\n{body}\n",
        hindered=other_machine,
        **facts,
    )


_READ = """key = call(250, 10, RING, b"user", b"operator:token", 0)
room = ctypes.create_string_buffer(200)
call(250, 11, key, room, 200)
return room.value.decode()"""

ATTACKS = (
    _keys("reads a key of the session", _READ.replace("RING", "-3")),
    _keys("reads a key of the user", _READ.replace("RING", "-4"), bait=_user),
    _keys(
        "asks for a key by its name",
        """
        key = call(249, b"user", b"operator:token", None, 0)
        room = ctypes.create_string_buffer(200)
        call(250, 11, key, room, 200)
        return room.value.decode()
        """,
    ),
    _keys("reads the names of all keys", 'return open("/proc/keys").read()', bait=_telling_name),
    _keys("empties the keyring of the session", "call(250, 7, -3)", reached=_gone),
    _keys(
        "plants a key for the host",
        'call(248, b"user", b"planted", b"x", 1, -3)',
        reached=_planted,
    ),
)
