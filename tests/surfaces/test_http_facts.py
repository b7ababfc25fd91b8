"""What errors and answers say of HTTP in fields, by the shapes that libraries share."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from failonce.surfaces.http_facts import NOTHING, HttpFacts, http_facts


class _Busy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(429)
        self.send_header("Retry-After", self.path.strip("/").replace("_", " "))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    made = HTTPServer(("127.0.0.1", 0), _Busy)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_real_answer_says_its_status_and_its_pause(server: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server}/7")  # noqa: S310
    assert http_facts(caught.value) == HttpFacts(429, 7.0)
    with pytest.raises(urllib.error.HTTPError) as soon:
        urllib.request.urlopen(f"{server}/Fri,_31_Dec_1999_23:59:59_GMT")  # noqa: S310
    assert http_facts(soon.value) == HttpFacts(429, 0.0)


def _raised(**fields: object) -> Exception:
    error = RuntimeError("it failed")
    for name, value in fields.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (_raised(response=SimpleNamespace(status_code=503, headers={"retry-after": "2.5"})),
         HttpFacts(503, 2.5)),
        (_raised(status=429, headers={"Retry-After": "4"}), HttpFacts(429, 4.0)),
        (_raised(status_code=500), HttpFacts(500, None)),
        (SimpleNamespace(status_code=429, headers={"Retry-After": "soon"}), HttpFacts(429, None)),
        (SimpleNamespace(status_code=200, headers={}), HttpFacts(200, None)),
        (_raised(response={"status_code": 429}), NOTHING),
        (_raised(code=2), NOTHING),
        (_raised(status=7, headers={}), NOTHING),
        (RuntimeError("429"), NOTHING),
        ("429", NOTHING),
    ],
)  # fmt: skip
def test_the_shapes_of_libraries(value: object, found: HttpFacts) -> None:
    assert http_facts(value) == found


def test_a_date_is_taken_from_the_answers_own_date() -> None:
    headers = {
        "Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT",
        "Date": "Sat, 21 Nov 2026 10:00:00 GMT",
    }
    assert http_facts(_raised(status=429, headers=headers)) == HttpFacts(429, 30.0)


def test_the_error_that_another_was_raised_from_speaks_for_it() -> None:
    outer = RuntimeError("the service did not answer")
    outer.__cause__ = _raised(status_code=429)
    assert http_facts(outer).status == 429


def test_an_object_that_raises_says_nothing() -> None:
    class Odd(Exception):
        @property
        def response(self) -> object:
            raise ValueError("no")

    assert http_facts(Odd()) == NOTHING
