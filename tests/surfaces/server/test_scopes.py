"""Every address, and everybody who may ask: who is let in, who is not, and that looking changes
nothing. The table is made by walking the app, so a new route is in it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import create_engine, text
from starlette.routing import Mount
from starlette.testclient import TestClient

from failonce.adapters.sql_store import store_path, tables
from failonce.model import Scope, allows
from failonce.surfaces.server.app import OPEN
from failonce.surfaces.server.principal import CSRF_HEADER
from tests.surfaces.server.made import Person, Served, configuration
from tests.surfaces.server.stocked import Stock, stock

REPORTS: Final = frozenset({"/api/{project}/envelope/", "/api/{project}/store/", "/v1/traces",
                            "/v1/logs"})  # fmt: skip
"""What other people's clients send: the token stands where their protocol has it."""
SIGNED: Final = frozenset({"/api/webhooks"})
"""Let in by a signature, see test_webhooks."""
_REFUSED: Final = (401, 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    wanted: Scope | None
    """The scope that it declares; None where it declares none."""

    @property
    def is_page(self) -> bool:
        """Whether people look at it."""
        programs = ("/api", "/v1/", "/openapi", "/metrics")
        return not self.path.startswith(programs) and not self.path.endswith(".json")


def walk(served: Served) -> Iterator[Route]:
    """All that the app answers, but for the files under /static."""
    for found in iter_route_contexts(served.app.routes):
        if isinstance(found.original_route, Mount):
            assert found.original_route.path == "/static"
            continue
        assert found.path, found
        assert found.methods, found.path
        dependant = getattr(found.original_route, "dependant", None)
        wanted = _wanted(dependant) if dependant else set()
        assert len(wanted) < 2, found.path
        for method in sorted(found.methods - {"HEAD"}):
            yield Route(method=method, path=found.path, wanted=next(iter(wanted), None))


def _wanted(dependant: Any) -> set[Scope]:
    own = getattr(dependant.call, "wanted", None)
    found = set() if own is None else {own}
    return found.union(*(_wanted(inner) for inner in dependant.dependencies))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A server with some of everything, and all who may ask it."""

    served: Served
    held: Stock
    askers: Mapping[str, Callable[[Route], TestClient]]
    scopes: Mapping[str, frozenset[Scope] | None]
    """What each may do; None for whoever is nobody here."""

    @property
    def ids(self) -> Mapping[str, Sequence[str]]:
        """By how an address begins: what there is behind it."""
        lessons, failures = self.held.lessons, self.held.failures
        return {
            "/api/lessons/": lessons,
            "/lessons/": lessons,
            "/review/": lessons,
            "/api/failures/": failures,
            "/failures/": failures,
        }

    def ask(self, asker: str, route: Route) -> Any:
        """What somebody gets who asks for it with nothing in particular."""
        path = re.sub(r"\{(\w+)(:\w+)?\}", self._value(route), route.path)
        headers = {"content-type": "application/x-protobuf"} if "/v1/" in route.path else {}
        return self.askers[asker](route).request(route.method, path, headers=headers)

    def _value(self, route: Route) -> str:
        return "1" if route.path in REPORTS else "nothing-of-this-name"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all tests here, without what runs beside a server."""
    served = Served(configuration(tmp_path_factory.mktemp("s"), requests_per_second=1e6))
    held = stock(served)
    programs: dict[str, TestClient] = {
        scope.value: served.program(scope, name=f"t-{scope}") for scope in Scope
    }
    programs["nobody"] = served.anybody()
    programs["revoked"] = served.program(*Scope, name="revoked")
    served.granting().revoke_token("revoked")
    programs["of another tenant"] = served.program(*Scope, name="theirs", tenant="acme")
    people: dict[str, Person] = {
        f"person {scope}": served.person(scope, name=f"p-{scope}")
        for scope in (Scope.READ, Scope.REVIEW, Scope.ADMIN)
    }
    people["disabled person"] = served.person(Scope.ADMIN, name="gone")
    served.granting().disable("gone")
    scopes: dict[str, frozenset[Scope] | None] = {
        name: frozenset({Scope(name.removeprefix("person "))})
        for name in (*map(str, Scope), *people)
        if name != "disabled person"
    }
    scopes |= {"nobody": None, "revoked": None, "disabled person": None}
    scopes["of another tenant"] = frozenset(Scope)
    askers = {name: _program(client) for name, client in programs.items()}
    askers |= {name: _person(person) for name, person in people.items()}
    assert askers.keys() == scopes.keys()
    yield House(served=served, held=held, askers=askers, scopes=scopes)
    served.house.close()


def _program(client: TestClient) -> Callable[[Route], TestClient]:
    def asks(route: Route) -> TestClient:
        secret = client.headers.get("authorization", "").removeprefix("Bearer ")
        client.headers.pop("x-sentry-auth", None)
        if secret and route.path in REPORTS and route.path.startswith("/api/"):
            client.headers["x-sentry-auth"] = f"Sentry sentry_key={secret}"
        return client

    return asks


def _person(person: Person) -> Callable[[Route], TestClient]:
    person.client.headers[CSRF_HEADER] = person.csrf
    return lambda _route: person.client


def test_whatever_declares_no_scope_is_open_on_purpose(house: House) -> None:
    """So a new route without one fails here."""
    undeclared = {route.path for route in walk(house.served) if route.wanted is None}
    assert undeclared == OPEN | REPORTS | SIGNED


def test_the_description_names_the_same_scopes(house: House) -> None:
    told = house.served.app.openapi()["paths"]
    found = {(r.method, r.path): r.wanted for r in walk(house.served)}
    for path, item in told.items():
        for method, operation in item.items():
            assert operation.get("x-scope") == found[method.upper(), path], (method, path)


def test_who_may_and_who_may_not(house: House) -> None:
    """Every route × everybody."""
    wrong = []
    table = 0
    for route in walk(house.served):
        if route.path in OPEN | SIGNED:
            continue
        wanted = route.wanted or Scope.INGEST
        for asker, scopes in house.scopes.items():
            if route.path == "/sign-out" and scopes is not None:
                continue  # it would end the session of the rows to come
            status = house.ask(asker, route).status_code
            table += 1
            # A person's cookie says nothing to what other people's clients send.
            person = asker.startswith("person") and route.path in REPORTS
            let_in = scopes is not None and not person and allows(scopes, wanted)
            if scopes is None and route.is_page:
                fits = status == 303
            elif let_in:
                fits = (status not in _REFUSED and status < 500) or _starting(route, status)
            else:
                fits = status in _REFUSED
            if not fits:
                wrong.append((route.method, route.path, asker, status))
    assert not wrong
    assert table > 400


def _starting(route: Route, status: int) -> bool:
    """Nothing is taken in where nothing runs beside the server."""
    return status == 503 and (route.wanted is Scope.INGEST or route.path in REPORTS)


def test_what_needs_nobodys_leave_says_nothing_of_anybodys_data(house: House) -> None:
    """Whoever asks for it, and whether or not the store holds anything."""
    for route in walk(house.served):
        if route.path not in OPEN or route.method != "GET":
            continue
        found = house.ask("nobody", route)
        assert found.status_code in (200, 303, 410), route
        assert not [name for name in house.held.lessons if name in found.text], route
        assert "berta" not in found.text


def _rows(house: House) -> dict[str, list[Any]]:
    """All that the store holds, but for when somebody was last seen."""
    engine = create_engine(f"sqlite:///{store_path(house.served.config.url)}")
    with engine.connect() as connection:
        found = {
            table.name: [
                tuple(v for k, v in row._mapping.items() if k not in ("used_at", "seen_at"))
                for row in connection.execute(text(f'select * from "{table.name}"'))
            ]
            for table in tables.metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_looking_changes_nothing(house: House) -> None:
    """Every address that is only looked at, by whoever may, on what there is."""
    before, head = _rows(house), house.served.house.main.head()
    files = {p: p.read_bytes() for p in _files(house)}
    looked = 0
    for route in walk(house.served):
        if route.method != "GET":
            continue
        starts = [ids for start, ids in house.ids.items() if route.path.startswith(start)]
        ids = starts[0] if starts and "{" in route.path else ("1",)
        for one in ids:
            path = re.sub(r"\{(\w+)(:\w+)?\}", one, route.path)
            for asker in ("admin", "person admin"):
                status = house.askers[asker](route).get(path).status_code
                assert status < 500, (path, asker, status)
                looked += status == 200
    assert looked > 60
    assert house.served.house.main.head() == head
    assert _rows(house) == before
    assert {p: p.read_bytes() for p in _files(house)} == files


def _files(house: House) -> list[Any]:
    folder = store_path(house.served.config.url).parent / "project"
    return sorted(p for p in folder.rglob("*") if p.is_file())
