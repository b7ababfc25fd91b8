"""Which addresses a granted name may lead to, and which requests are understood."""

import socket
import threading
from contextlib import suppress

import pytest

from failonce.adapters.sandbox import proxy

LOCAL = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 240.0.0.1
255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fec0::1 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::7f00:1 64:ff9b:1::a00:1
2001:0:1::1 ::127.0.0.1 2001:db8::1 nonsense 1 127.1
"""


@pytest.mark.parametrize("address", LOCAL.split())
def test_addresses_that_no_name_may_lead_to(address: str) -> None:
    """Private, local, reserved, for many, or another of these in disguise."""
    assert not proxy.public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1", "::ffff:1.1.1.1"])
def test_addresses_of_the_open_internet(address: str) -> None:
    """They are what names are granted for."""
    assert proxy.public(address)


def asked(request: bytes, granted: proxy.Granted) -> bytes:
    """What the proxy answers to a request, over a real connection."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        with socket.create_connection(door.getsockname()) as client:
            caller, _ = door.accept()
            places = threading.BoundedSemaphore(1)
            places.acquire()
            thread = threading.Thread(target=proxy._attend, args=(caller, granted, places))
            thread.start()
            client.sendall(request)
            got = b""
            with suppress(OSError):  # who is refused early may be cut off
                client.shutdown(socket.SHUT_WR)
                while more := client.recv(4096):
                    got += more
            thread.join()
            assert places.acquire(blocking=False)
        return got


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"CONNECT other.example:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT shop.example:22 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT shop.example:443@other.example:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT localhost:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT [::1 HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT a:99999 HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", b"400"),
        (b"GET https://shop.example/ HTTP/1.1\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET http://a b/ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://x/ HTTP/1.1\r\n" + b"a: b\r\n" * 4000 + b"\r\n", b"431"),
    ],
)
def test_requests_that_are_refused(request_: bytes, status: bytes) -> None:
    """Other hosts, other ports, names that lead home, what is no request."""
    granted = [("shop.example", (443, 80)), ("localhost", (443,))]
    assert asked(request_, granted).startswith(b"HTTP/1.1 " + status)


def test_a_page_is_asked_for_as_its_server_takes_it() -> None:
    """The path alone, once, without what is meant for proxies."""
    heard: list[bytes] = []

    def serve(door: socket.socket) -> None:
        with door.accept()[0] as caller:
            heard.append(caller.recv(4096))
            caller.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")

    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        thread = threading.Thread(target=serve, args=(door,))
        thread.start()
        request = (
            f"GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Proxy-Authorization: secret\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n"
        )
        answer = asked(request.encode(), [("127.0.0.1", (port,))])
        thread.join()
    assert answer.endswith(b"hello")
    assert heard == [
        b"GET /a?b=c HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"
    ]
