"""What a JSON schema says of a tool's arguments, in the plain words of `Parameter`.

Schemas come from servers that nobody vouches for: everything is bounded, and what is not
understood says nothing. Of `anyOf` and `oneOf` all types count, `$ref` is followed inside
the schema, `allOf` of one is that one. Python's and other names of types are understood.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from failonce.adapters.importers.reading import items, mapping
from failonce.identity import canonical_json, digest
from failonce.language.visibility import hidden
from failonce.model import Json, Parameter

PARAMETERS: Final = 500
"""Parameters of one tool; a schema with more is refused."""
SCHEMA: Final = 256 << 10
"""Characters of one schema; a longer one is refused."""
NAME: Final = 200
"""Characters of a name."""

_CHOICES: Final = 1_000
_DESCRIPTION: Final = 2_000
_HOPS: Final = 8
_SIZE: Final = 16

_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_SYNONYMS: Final = {
    "str": "string", "int": "integer", "float": "number", "double": "number", "bool": "boolean",
    "list": "array", "tuple": "array", "dict": "object", "none": "null",
}  # fmt: skip
_WORDING: Final = frozenset(
    {"description", "title", "examples", "example", "$comment", "$schema", "$id", "deprecated"}
)
"""Keywords that say nothing of what is taken."""
_NAMED: Final = frozenset({"properties", "$defs", "definitions", "patternProperties"})
"""Keywords below which the keys are names."""


def digest_of(schema: Mapping[str, Json]) -> str:
    """The identity of a schema: of what it takes, not of its wording or order.

    Descriptions, titles and examples do not count, nor the order of keys, of what is
    required and of choices. Everything else does, defaults too, for they change what a call
    without the argument means.
    """
    return digest(("schema/1", canonical_json(_essence(schema))), size=_SIZE)


def _essence(schema: Json) -> Json:
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Json] = {}
    for key, value in schema.items():
        if key in _WORDING:
            continue
        if key in _NAMED:
            found[key] = {name: _essence(inner) for name, inner in mapping(value).items()}
        elif key in ("required", "enum", "type") and isinstance(value, list):
            found[key] = sorted(value, key=canonical_json)
        elif isinstance(value, list) and key in ("anyOf", "oneOf", "allOf", "items", "prefixItems"):
            found[key] = [_essence(inner) for inner in value]
        else:
            found[key] = value if key in ("default", "const") else _essence(value)
    return found


def parameters(schema: Mapping[str, Json]) -> tuple[Parameter, ...]:
    """The parameters in the schema's order; raises ValueError saying what is wrong with it."""
    if len(canonical_json(schema)) > SCHEMA:
        raise ValueError(f"its schema is longer than {SCHEMA:,} characters")
    top = _followed(schema, schema)
    kind = top.get("type", "object")
    if isinstance(kind, str) and _plain(kind) not in ("object", ""):
        raise ValueError(f"its schema describes a value of type {kind[:40]!r}, not arguments")
    properties = top.get("properties", {})
    if not isinstance(properties, Mapping):
        raise ValueError("its schema's properties are no object")
    if len(properties) > PARAMETERS:
        raise ValueError(f"it takes more than {PARAMETERS} parameters")
    for name in properties:
        refuse_name(name, "a parameter")
    required = {name for name in items(top.get("required")) if isinstance(name, str)}
    return tuple(
        _parameter(name, inner, name in required, schema) for name, inner in properties.items()
    )


def is_closed(schema: Mapping[str, Json]) -> bool:
    """Whether the schema says that no other argument is taken."""
    top = _followed(schema, schema)
    shut = top.get("additionalProperties") is False or top.get("unevaluatedProperties") is False
    return shut and not mapping(top.get("patternProperties"))


def refuse_name(name: str, what: str) -> None:
    """Raise ValueError for a name that is empty, too long or holds what nobody sees."""
    if not name.strip() or len(name) > NAME:
        raise ValueError(f"{what} has no name" if not name.strip() else f"{what}'s name is long")
    if unseen := hidden(name):
        raise ValueError(f"{what}'s name holds characters that nobody sees: {', '.join(unseen)}")


def _parameter(name: str, schema: Json, required: bool, root: Mapping[str, Json]) -> Parameter:
    types: dict[str, None] = {}
    choices: list[Json] = []
    free = False
    for branch in _branches(schema, root):
        known = _types_of(branch)
        given = _choices_of(branch)
        types.update(dict.fromkeys(known))
        free = free or (given is None and known != ["null"])
        choices += [None] if given is None and known == ["null"] else given or []
        if not known and given is None:
            return Parameter(name=name, required=required)  # a branch that takes anything
    if free or len(choices) > _CHOICES or any(isinstance(c, list | dict) for c in choices):
        choices = []
    return Parameter(name=name, types=tuple(types), required=required, choices=tuple(choices))


def _branches(schema: Json, root: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The alternatives that a schema leaves; one without any type takes anything."""
    level = [_followed(schema, root)]
    for _ in range(_HOPS):
        below: list[Mapping[str, Json]] = []
        for one in level:
            inner = items(one.get("anyOf")) or items(one.get("oneOf"))
            if inner:
                below += [_followed(i, root) for i in inner[:_CHOICES]]
            else:
                yield one
        if not below:
            return
        level = below[:_CHOICES]
    yield {}


def _followed(schema: Json, root: Mapping[str, Json]) -> Mapping[str, Json]:
    """The schema behind `$ref` and an `allOf` of one; empty where it leads nowhere."""
    for _ in range(_HOPS):
        here = mapping(schema)
        whole = items(here.get("allOf"))
        if isinstance(here.get("$ref"), str):
            schema = _target(str(here["$ref"]), root)
        elif len(whole) == 1 and "type" not in here and "properties" not in here:
            schema = whole[0]
        else:
            return {} if len(whole) > 1 and "type" not in here else here
    return {}


def _target(reference: str, root: Mapping[str, Json]) -> Json:
    if not reference.startswith("#/"):
        return None
    found: Json = root
    for part in reference[2:].split("/")[:_HOPS]:
        found = mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
    return found


def _types_of(schema: Mapping[str, Json]) -> list[str]:
    given = schema.get("type")
    named = [given] if isinstance(given, str) else [t for t in items(given) if isinstance(t, str)]
    found = [_plain(name) for name in named]
    if not found and isinstance(schema.get("properties"), Mapping):
        found = ["object"]
    if found and schema.get("nullable") is True:
        found.append("null")
    return [] if "" in found else list(dict.fromkeys(found))


def _plain(name: str) -> str:
    """The JSON type of a name, empty where it is none that we know."""
    lower = name.strip().lower()
    return lower if lower in _TYPES else _SYNONYMS.get(lower, "")


def _choices_of(schema: Mapping[str, Json]) -> list[Json] | None:
    """The values that may be chosen, None for any."""
    if "const" in schema:
        return [schema["const"]]
    given = schema.get("enum")
    return list(given) if isinstance(given, list) and given else None


def description_of(value: Json) -> str:
    """A description on plain lines, cut to 2,000 characters; raises ValueError for hidden ones."""
    text = value if isinstance(value, str) else ""
    text = text.replace("\r\n", "\n").replace("\t", "    ").strip()[:_DESCRIPTION]
    if unseen := hidden(text.replace("\N{NO-BREAK SPACE}", " ")):
        raise ValueError(f"its description holds characters that nobody sees: {', '.join(unseen)}")
    return text
