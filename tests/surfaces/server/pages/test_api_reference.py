"""`/docs`: complete, as it is made from what is served."""

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
