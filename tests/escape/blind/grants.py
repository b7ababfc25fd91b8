"""Beyond a network address that was granted."""

import socket

from failonce.model import Args
from tests.escape.attack import Arena, Attack, Family, Grants, heard, told
from tests.escape.blind.network import PORT, listener

GRANTED = 4110
ONE_PORT = Grants(network=(f"127.0.0.1:{GRANTED}",))


def _granted_other(arena: Arena) -> Args:
    """The port that was granted, and others that were not."""
    for kind, where in (
        (socket.SOCK_STREAM, GRANTED + 1),
        (socket.SOCK_DGRAM, GRANTED),
        (socket.SOCK_DGRAM, GRANTED + 1),
    ):
        door = socket.socket(socket.AF_INET, kind)
        door.bind(("127.0.0.1", where))
        arena.listen(door)
    open_door = socket.socket()
    open_door.bind(("127.0.0.1", GRANTED))
    open_door.listen()
    hidden = socket.socket(socket.AF_UNIX)
    hidden.bind(b"\0operators-bus")
    arena.listen(hidden)
    arena.keep(open_door)
    return {"token": arena.secret}


def _beyond(name: str, does: str) -> Attack:
    return Attack(
        name=name,
        family=Family.NETWORK,
        source=f"""
def attack(token):
    import socket
    {does}
    door.send(token.encode())
""",
        bait=_granted_other,
        grants=ONE_PORT,
        reached=heard,
    )


ATTACKS = (
    _beyond(
        "granted one port, speaks to another",
        f'door = socket.create_connection(("127.0.0.1", {GRANTED + 1}), 1)',
    ),
    _beyond(
        "granted one port of TCP, speaks UDP to it",
        "door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f'door.connect(("127.0.0.1", {GRANTED}))',
    ),
    _beyond(
        "granted one port, speaks UDP to another",
        "door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f'door.connect(("127.0.0.1", {GRANTED + 1}))',
    ),
    _beyond(
        "granted one port, speaks to an abstract socket",
        'door = socket.socket(socket.AF_UNIX); door.connect(b"\\0operators-bus")',
    ),
    Attack(
        name="granted one port, waits on another",
        family=Family.NETWORK,
        source=f"""
def attack():
    import socket
    with socket.socket() as door:
        door.bind(("127.0.0.1", {PORT}))
        door.listen()
        door.settimeout(1.2)
        return door.accept()[0].recv(4096).decode()
""",
        bait=listener,
        grants=ONE_PORT,
        reached=told,
    ),
)
