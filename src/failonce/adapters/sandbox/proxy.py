"""The one way out of a sandbox that was granted hosts: a proxy that connects to those alone.

It runs in a sandbox of its own, which has the network and nothing else, so that what the code
sends it is not read in the host's process. The listener that it accepts from was made in the
inner sandbox, whose loopback nobody else can see. Names are looked up here, each address is
checked, and that very address is connected to.
"""

import ipaddress
import re
import selectors
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

_MOST_HEAD = 16 * 1024
_MOST_AT_ONCE = 32
_PATIENCE_S = 10.0
_CHUNK = 64 * 1024
_REQUEST = re.compile(rb"([A-Z]{3,10}) ([!-~]{1,8000}) HTTP/1\.[01]")
_TRANSLATED = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("::/96"),
)
Granted = Sequence[tuple[str, Sequence[int]]]


class Refusal(Exception):
    """The status line and the words that the code is told."""


def serve(door: socket.socket, granted: Granted) -> None:
    """Accept for ever, so many at once; the end is that the process is ended."""
    places = threading.BoundedSemaphore(_MOST_AT_ONCE)
    while True:
        places.acquire()
        client, _ = door.accept()
        work = threading.Thread(target=_attend, args=(client, granted, places), daemon=True)
        work.start()


def _attend(client: socket.socket, granted: Granted, places: threading.Semaphore) -> None:
    with ExitStack() as stack:
        stack.callback(places.release)
        stack.enter_context(client)
        client.settimeout(_PATIENCE_S)
        try:
            head, rest = _head(client)
            host, port, first = _wanted(head)
            server = stack.enter_context(_connected(host, port, granted))
        except Refusal as no:
            with suppress(OSError):
                client.sendall(_answer(*no.args))
                _heard_out(client)
            return
        except OSError:
            return
        with suppress(OSError):
            if first is None:
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            server.sendall((first or b"") + rest)
            _join(client, server)


def _heard_out(client: socket.socket) -> None:
    """Take in the rest of what was refused: who is cut off while it speaks may lose the answer."""
    client.shutdown(socket.SHUT_WR)
    for _ in range(_MOST_HEAD):
        if not client.recv(_CHUNK):
            return


def _answer(status: str, words: str) -> bytes:
    body = words.encode("ascii", "replace") + b"\n"
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("ascii") + body


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    got = b""
    while b"\r\n\r\n" not in got:
        more = client.recv(4096)
        if not more:
            raise OSError("the caller went away")
        got += more
        if len(got) > _MOST_HEAD:
            raise Refusal("431 Too Large", "The head of the request is too long.")
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def _wanted(head: bytes) -> tuple[str, int, bytes | None]:
    """Host and port; and for plain HTTP the head as the server itself takes it."""
    line, _, fields = head.partition(b"\r\n")
    found = _REQUEST.fullmatch(line)
    if found is None:
        raise Refusal("400 Bad Request", "This is no request for a proxy.")
    method, target = found[1], found[2].decode("ascii")
    try:
        url = urlsplit(f"//{target}" if method == b"CONNECT" else target)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise Refusal("400 Bad Request", "This address cannot be read.") from None
    if method == b"CONNECT":
        return host, port or 443, None
    if url.scheme != "http" or not host:
        raise Refusal("400 Bad Request", "Ask for http://host/..., or CONNECT.")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = b"\r\n".join(
        f for f in fields.split(b"\r\n") if f and not f.lower().startswith(_FOR_PROXIES)
    )
    first = method + b" " + path.encode("ascii") + b" HTTP/1.1\r\nConnection: close\r\n"
    return host, port or 80, first + kept + (b"\r\n\r\n" if kept else b"\r\n")


_FOR_PROXIES = (b"proxy-", b"connection:")


def _connected(host: str, port: int, granted: Granted) -> socket.socket:
    name = host.rstrip(".").lower()
    if not any(name == allowed and port in ports for allowed, ports in granted):
        raise Refusal("403 Forbidden", f"{name}:{port} was not granted.")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Refusal("502 Bad Gateway", f"{name} has no address.") from None
    addresses = list(dict.fromkeys(str(a[0]) for _, _, _, _, a in found))
    may = [a for a in addresses if _same(a, name) or public(a)]
    if not may:
        raise Refusal("403 Forbidden", f"{name} lies in a private network, and is not granted so.")
    for address in may:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=_PATIENCE_S)
    raise Refusal("502 Bad Gateway", f"{name}:{port} does not answer.")


def _same(address: str, name: str) -> bool:
    """Whether it is the very address that was granted."""
    try:
        return ipaddress.ip_address(address) == ipaddress.ip_address(name)
    except ValueError:
        return False


def public(address: str) -> bool:
    """Whether an address is one of the open internet, also inside of those that wrap another."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour
        if wrapped is not None:
            return public(str(wrapped))
        if ip.teredo is not None or ip.is_site_local or any(ip in n for n in _TRANSLATED):
            return False
    return ip.is_global and not (
        ip.is_private
        or ip.is_loopback
        or ip.is_link_local
        or ip.is_multicast
        or ip.is_reserved
        or ip.is_unspecified
    )


def _join(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while ready.get_map():
            for key, _ in ready.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)  # noqa: S101 - only these are registered
                data = source.recv(_CHUNK)
                if data:
                    key.data.sendall(data)
                else:
                    ready.unregister(source)
                    key.data.shutdown(socket.SHUT_WR)


def main(granted: Granted, channel: int) -> None:
    """Wait for the listener, then serve until the host goes away."""
    host = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, channel)
    _, handed, _, _ = socket.recv_fds(host, 1, 1)
    if not handed:
        return
    door = socket.socket(fileno=handed[0])
    threading.Thread(target=serve, args=(door, granted), daemon=True).start()
    while host.recv(1):
        pass


if __name__ == "inside":
    main(CONFIG, CHANNEL)  # type: ignore[name-defined]  # noqa: F821 - given by who starts it
