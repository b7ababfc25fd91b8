"""`/docs`: complete, as it is made from what is served."""

import json
import re
import shlex

from failonce.model import Scope
from failonce.surfaces.server import api
from tests.surfaces.server.made import Served


def test_every_route_is_there_with_its_scope(served: Served) -> None:
    person = served.person(Scope.READ)
    described = served.app.openapi()["paths"]
    wanted = {(m, path) for path, item in described.items() for m in item}
    groups = person.get("/docs.json").json()["groups"]
    found = {(x["method"].lower(), x["path"]): x for g in groups for x in g["operations"]}
    assert set(found) == wanted
    scopes = api.scopes()
    for route, one in found.items():
        assert one["scope"] == scopes.get(route, "")
        assert one["about"]
    assert found["post", "/api/lessons/{id}/approve"]["scope"] == Scope.REVIEW
    assert found["get", "/api/alive"]["scope"] == ""


def test_examples_name_all_that_must_be_there(served: Served) -> None:
    groups = served.person(Scope.READ).get("/docs.json").json()["groups"]
    for one in (x for g in groups for x in g["operations"]):
        words = shlex.split(one["example"].replace("\\\n", " "))
        assert words[0] == "curl"
        body = words[words.index("-d") + 1] if "-d" in words else ""
        for parameter in one["parameters"]:
            if parameter["place"] == "body" and parameter["required"]:
                assert f'"{parameter["name"]}"' in body, one["path"]


def test_nothing_comes_from_elsewhere(served: Served) -> None:
    page = served.person(Scope.READ).get("/docs").text
    assert "/openapi.json" in page
    assert 'src="http' not in page
    assert "<script>" not in page


def test_what_is_reported_is_shown_with_a_real_body(served: Served) -> None:
    groups = served.person(Scope.READ).get("/docs.json").json()["groups"]
    found = {x["path"]: x for g in groups for x in g["operations"] if x["method"] == "POST"}
    for path, names in (
        ("/api/errors", {"error", "component", "tags", "context"}),
        ("/api/calls", {"tool", "args", "text", "is_error", "session"}),
    ):
        words = shlex.split(found[path]["example"].replace("\\\n", " "))
        assert set(json.loads(words[words.index("-d") + 1])) == names
        assert names <= {x["name"] for x in found[path]["parameters"]}


def test_what_the_code_meets_is_not_shown(served: Served) -> None:
    """Docstrings name requirements, as `(N6, N7)`; they say nothing to whoever uses the API."""
    for path in ("/docs", "/openapi.json"):
        page = served.person(Scope.READ, name=f"p{len(path)}").get(path).text
        assert "Write down a rule: it waits" in page
        assert not re.search(r"\([NSHCF]\d", page)
