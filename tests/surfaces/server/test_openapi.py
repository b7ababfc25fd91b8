"""The API does what its description says, whoever asks and whatever they send."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from failonce.model import Scope
from tests.browser.serving import served as serving
from tests.surfaces.server.fuzzing import Fuzzer, Known, described, operations
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.stocked import stock

pytestmark = pytest.mark.slow

ASKERS = {
    "nobody": (),
    "ingest": (Scope.INGEST,),
    "read": (Scope.READ,),
    "review": (Scope.REVIEW,),
    "admin": (Scope.ADMIN,),
    "all": (Scope.INGEST, Scope.ADMIN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that listens, and what it holds."""

    base: str
    served: Served
    known: Known
    schema: Any

    def fuzzer(self, asker: str, *, examples: int, stride: int) -> Fuzzer:
        """Somebody with these scopes."""
        headers = {}
        if ASKERS[asker]:
            _, secret = self.served.granting().grant_token(f"fuzz {asker}", ASKERS[asker])
            headers["authorization"] = f"Bearer {secret}"
        return Fuzzer(
            base=self.base,
            schema=self.schema,
            known=self.known,
            headers=headers,
            examples=examples,
            stride=stride,
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with some of everything, for all tests here."""
    served = Served(
        configuration(
            tmp_path_factory.mktemp("s"), mine=False, requests_per_second=1e6, max_body_mb=1
        )
    )
    held = stock(served)
    known = {
        "/api/lessons": held.lessons,
        "/api/failures": held.failures,
        "/api/skills": held.rows,
        "/api/tokens": held.tokens,
        "/api/accounts": held.accounts,
    }
    with serving(served.app) as base:
        yield Running(base=base, served=served, known=known, schema=described(served.app.openapi()))


def _holds(fuzzer: Fuzzer) -> None:
    every = operations(fuzzer.schema)
    fuzzer.run(every)
    assert fuzzer.asked >= len(every), "each was asked"
    assert not [status for status in fuzzer.statuses if status >= 500]
    told = [f"{' | '.join(map(str, key))}\n{text}" for key, text in fuzzer.found.items()]
    assert not told, "\n\n".join(told)


@pytest.mark.parametrize("asker", ["nobody", "ingest", "read", "review", "admin"])
def test_every_answer_is_one_that_is_described(running: Running, asker: str) -> None:
    """A few requests of each kind; `make torture` sends many."""
    _holds(running.fuzzer(asker, examples=1, stride=40))


def test_what_does_not_fit_is_told_so(running: Running) -> None:
    """By somebody who may do everything, so that it is the request that is looked at."""
    fuzzer = running.fuzzer("all", examples=2, stride=6)
    _holds(fuzzer)
    assert fuzzer.statuses[200] > 50, "much of it was done"
    assert fuzzer.statuses[422] > 50


@pytest.mark.torture
@pytest.mark.parametrize("asker", ASKERS)
def test_many_requests_of_every_kind(running: Running, asker: str) -> None:
    _holds(running.fuzzer(asker, examples=40, stride=1))


def test_the_description_is_whole(running: Running) -> None:
    """Each address names its scope or that it needs none, what it answers, and what it takes."""
    openapi = running.served.app.openapi()
    for path, item in openapi["paths"].items():
        for method, told in item.items():
            open_ = told.get("security") == []
            assert open_ != ("x-scope" in told), (method, path)
            assert told["summary"], (method, path)
            answers = set(told["responses"])
            assert "421" in answers, (method, path)
            assert open_ or {"401", "403", "429", "503"} <= answers, (method, path)
            assert method == "get" or "413" in answers, (method, path)
            for answer in told["responses"].values():
                assert answer.get("content") or answer["description"], (method, path)


def test_what_is_sent_is_described_well_enough_to_make_a_client(running: Running) -> None:
    paths = running.served.app.openapi()["paths"]
    for path, field, named in (("/api/errors", "error", "events"), ("/api/calls", "tool", "calls")):
        body = paths[path]["post"]["requestBody"]
        assert "gzip" in body["description"]
        one, several, under = body["content"]["application/json"]["schema"]["anyOf"]
        assert one["required"] == [field]
        assert several["items"] == one
        assert under["properties"][named]["items"] == one
        assert "application/x-ndjson" in body["content"]


def test_a_method_that_an_address_does_not_take_is_told_which_it_does(running: Running) -> None:
    """Also where each method has a route of its own."""
    client = running.served.anybody()
    for path, allowed in (("/api/tokens", "GET, POST"), ("/api/config/learning-mode", "GET, POST")):
        found = client.put(path)
        assert (found.status_code, found.headers["allow"]) == (405, allowed)
        assert found.headers["content-type"] == "application/problem+json"
