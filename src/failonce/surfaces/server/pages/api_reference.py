"""`/docs`: the REST API to read, made from the app's own OpenAPI."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from failonce.surfaces.server.pages.frame import Reader, answer
from failonce.surfaces.server.pages.ways import base_of

router = APIRouter()

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_JSON: Final = "application/json"
_OTHERS: Final = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a request may or must say: in the address, a header, or a field of its body."""

    name: str
    place: str
    type: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    """That a token needs; empty where none is asked for."""
    parameters: Sequence[Parameter]
    example: str
    """With curl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What belongs together, in the order in which it is served."""

    name: str
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """The page."""

    base: str
    groups: Sequence[Group]


@router.get("/docs")
@router.get("/docs.json")
def reference(request: Request, who: Reader) -> Response:
    """All routes of the API, by what they are about."""
    base = base_of(request)
    view = ReferenceView(base=base, groups=described(request.app.openapi(), base))
    return answer(request, who, "docs.html", "API", view)


def described(openapi: Mapping[str, Any], base: str) -> Sequence[Group]:
    """An OpenAPI description as people read it."""
    schemas = openapi.get("components", {}).get("schemas", {})
    groups: dict[str, list[Operation]] = {}
    for path, item in openapi["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), _OTHERS)
                made = _operation(method, path, item[method], schemas, base)
                groups.setdefault(tag, []).append(made)
    return [Group(name=name, operations=made) for name, made in groups.items()]


def _operation(
    method: str, path: str, told: Mapping[str, Any], schemas: Mapping[str, Any], base: str
) -> Operation:
    content = told.get("requestBody", {}).get("content", {}).get(_JSON, {})
    body = _resolved(content, schemas)
    fields = list(_fields(body, schemas))
    parameters = [
        Parameter(
            name=x["name"],
            place=x["in"],
            type=_type(x["schema"], schemas),
            required=x.get("required", False),
            about=x.get("description", ""),
        )
        for x in told.get("parameters", ())
    ]
    scope = told.get("x-scope", "")
    about = told.get("description") or told.get("summary", "")
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=about.partition("\n")[0],
        about=about,
        scope=scope,
        parameters=[*parameters, *fields],
        example=_example(method, base + path, scope, _sample(content, body, schemas)),
    )


def _resolved(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema behind its reference; of what may be left out, what it is otherwise."""
    schema: Mapping[str, Any] = content.get("schema", content)
    for _ in range(5):
        if "$ref" in schema:
            schema = schemas.get(str(schema["$ref"]).rpartition("/")[2], {})
        elif "anyOf" in schema:
            real = [x for x in schema["anyOf"] if x.get("type") != "null"]
            schema = real[0] if real else {}
    return schema


def _fields(body: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Parameter]:
    for name, schema in body.get("properties", {}).items():
        yield Parameter(
            name=name,
            place="body",
            type=_type(schema, schemas),
            required=name in body.get("required", ()),
            about=schema.get("description", ""),
        )


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    found = _resolved(schema, schemas)
    if "enum" in found:
        return ", ".join(map(str, found["enum"]))
    kind = found.get("type", "any")
    if kind == "array":
        return f"list of {_type(found.get('items', {}), schemas)}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _example(method: str, url: str, scope: str, sample: Mapping[str, object] | None) -> str:
    line = f"curl '{url}'" if method == "get" else f"curl -X {method.upper()} '{url}'"
    parts = [line] + ([' -H "Authorization: Bearer $TOKEN"'] if scope else [])
    if sample is not None:
        body = shlex.quote(json.dumps(sample, ensure_ascii=False))
        parts += [f" -H 'Content-Type: {_JSON}'", f" -d {body}"]
    return " \\\n ".join(parts)


def _sample(
    content: Mapping[str, Any], body: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Mapping[str, object] | None:
    """A body to send: the first that the description gives, else what must be there."""
    for given in content.get("examples", {}).values():
        sample: Mapping[str, object] = given["value"]
        return sample
    if not body:
        return None
    properties = body.get("properties", {})
    named = body.get("required") or list(properties)[:1]
    return {x: _value(properties.get(x, {}), schemas) for x in named}


def _value(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> object:
    found = _resolved(schema, schemas)
    if "enum" in found:
        return found["enum"][0]
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}.get(
        str(found.get("type")), "…"
    )
