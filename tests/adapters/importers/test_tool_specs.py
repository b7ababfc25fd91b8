"""Tools in the formats that describe them, and those that are not to be trusted."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.importers.messages import MessagesImporter
from failonce.adapters.importers.registry import detect
from failonce.adapters.importers.schema import PARAMETERS, SCHEMA, digest_of
from failonce.adapters.importers.tool_specs import ToolsImporter, offers
from failonce.errors import BadInput
from failonce.model import Json, Offer, Parameter, Recording, Reject, ToolSpec
from tests.adapters.importers.conftest import source

SCHEMA_OF_GET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "description": "Which."},
        "view": {"enum": ["short", "long"]},
    },
    "required": ["id"],
    "additionalProperties": False,
}
GET = {"name": "get_item", "description": "Gets an item.", "inputSchema": SCHEMA_OF_GET}
PARAMS = (
    Parameter(name="id", types=("integer",), required=True),
    Parameter(name="view", choices=("short", "long")),
)


def specs(read, document: object) -> list[ToolSpec]:
    found = read(ToolsImporter(), json.dumps(document))
    assert all(isinstance(one, Offer) for one in found), found
    return [one.spec for one in found]


def reasons(read, document: object) -> list[str]:
    found = read(ToolsImporter(), json.dumps(document))
    return [one.reason for one in found if isinstance(one, Reject)]


def with_schema(schema: object) -> dict[str, object]:
    return {"name": "get_item", "inputSchema": schema}


OPENAI = {"name": "get_item", "description": "Gets an item.", "parameters": SCHEMA_OF_GET}
ANTHROPIC = {"name": "get_item", "description": "Gets an item.", "input_schema": SCHEMA_OF_GET}


@pytest.mark.parametrize(
    "document",
    [
        {"tools": [GET]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [GET], "nextCursor": "x"}},
        [GET],
        GET,
        [{"type": "function", "function": OPENAI}],
        {"tools": [{"type": "function", "function": OPENAI, "strict": True}]},
        [{"type": "function", **OPENAI}],
        {"functions": [OPENAI]},
        [ANTHROPIC],
        {"tools": [{"type": "custom", **ANTHROPIC}]},
    ],
    ids=str,
)
def test_every_format_says_the_same(read, document) -> None:
    (one,) = specs(read, document)
    assert one == ToolSpec(
        name="get_item",
        description="Gets an item.",
        parameters=PARAMS,
        closed=True,
        digest=digest_of(SCHEMA_OF_GET),
    )
    assert detect(json.dumps(document).encode(), "x").name == "tools"


def test_lines_hold_a_definition_each(read, lines) -> None:
    found = read(ToolsImporter(), lines([GET, GET | {"name": "b"}]) + "not json\n")
    names = [x.spec.name if isinstance(x, Offer) else x.line for x in found]
    assert names == ["get_item", "b", 3]


def test_hints_are_claims_and_absent_where_none_are_made(read) -> None:
    hints = {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": None,
        "openWorldHint": "yes",
    }
    told, silent = specs(read, [GET | {"annotations": hints}, GET | {"name": "b"}])
    assert (told.read_only, told.destructive, told.idempotent, told.open_world) == (
        True,
        False,
        None,
        None,
    )
    assert silent.read_only is None


@pytest.mark.parametrize(
    "document",
    [
        {"servers": {"my shop": {"tools": [GET]}, "web": {"tools": [GET]}}},
        {"mcpServers": {"my.shop": {"tools": [GET]}, "web": [GET]}},
        [
            {"name": "Shop", "tools": {"a": {"server_name": "my:shop", "tools": [GET]}}},
            {"name": "Web", "tools": {"web": {"tools": [GET]}}},
        ],
        [
            {"serverInfo": {"name": "my shop"}, "result": {"tools": [GET]}},
            {"serverInfo": {"name": "web"}, "result": {"tools": [GET]}},
        ],
    ],
)
def test_tools_of_several_servers_are_told_apart(read, document) -> None:
    assert [one.name for one in specs(read, document)] == [
        "mcp__my_shop__get_item",
        "mcp__web__get_item",
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, Parameter(name="a", types=("string",))),
        ({"type": ["string", "null"]}, Parameter(name="a", types=("string", "null"))),
        ({"type": "string", "nullable": True}, Parameter(name="a", types=("string", "null"))),
        ({"type": "STRING"}, Parameter(name="a", types=("string",))),
        ({"type": "dict"}, Parameter(name="a", types=("object",))),
        ({"type": "any"}, Parameter(name="a")),
        ({}, Parameter(name="a")),
        (True, Parameter(name="a")),
        ({"const": 1}, Parameter(name="a", choices=(1,))),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            Parameter(name="a", types=("integer", "null")),
        ),
        (
            {"anyOf": [{"enum": ["x"], "type": "string"}, {"type": "null"}]},
            Parameter(name="a", types=("string", "null"), choices=("x", None)),
        ),
        (
            {"oneOf": [{"enum": ["x"]}, {"type": "integer"}]},
            Parameter(name="a", types=("integer",)),
        ),
        ({"anyOf": [{"type": "integer"}, {}]}, Parameter(name="a")),
        ({"$ref": "#/$defs/kind"}, Parameter(name="a", types=("string",), choices=("x", "y"))),
        ({"allOf": [{"$ref": "#/$defs/kind"}]}, Parameter(name="a", types=("string",),
                                                          choices=("x", "y"))),
        ({"$ref": "#/$defs/loop"}, Parameter(name="a")),
        ({"$ref": "https://example.org/x"}, Parameter(name="a")),
        ({"enum": [{"x": 1}]}, Parameter(name="a")),
        ({"enum": list(range(5_000))}, Parameter(name="a")),
        ({"properties": {"x": {}}}, Parameter(name="a", types=("object",))),
    ],
)  # fmt: skip
def test_schemas_in_plain_words(read, schema: Json, expected: Parameter) -> None:
    whole = {
        "properties": {"a": schema},
        "$defs": {
            "kind": {"type": "string", "enum": ["x", "y"]},
            "loop": {"$ref": "#/$defs/loop"},
        },
    }
    (one,) = specs(read, [with_schema(whole)])
    assert one.parameters == (expected,)
    assert not one.closed


def test_a_tool_without_arguments_is_one(read) -> None:
    (one,) = specs(read, [with_schema({})])
    assert (one.parameters, one.closed, bool(one.digest)) == ((), False, True)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (with_schema({"type": "string"}), "describes a value of type 'string'"),
        (with_schema({"properties": []}), "properties are no object"),
        (with_schema({"properties": {f"p{n}": {} for n in range(PARAMETERS + 1)}}), "more than"),
        (with_schema({"properties": {"a": {"default": "x" * SCHEMA}}}), "longer than"),
        (with_schema({"properties": {"a\u200b": {}}}), "nobody sees: U+200B"),
        (with_schema({"properties": {"": {}}}), "no name"),
        (GET | {"name": "get\u202eitem"}, "nobody sees: U+202E"),
        (GET | {"name": "x" * 300}, "name is long"),
        (GET | {"name": "  "}, "no name"),
        (GET | {"description": "Safe.\U000e0041\U000e0042"}, "nobody sees"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_is_not_to_be_trusted_is_refused_and_the_rest_goes_on(read, bad, reason) -> None:
    found = read(ToolsImporter(), json.dumps([bad, GET | {"name": "other"}]))
    rejected, offered = found
    assert isinstance(rejected, Reject)
    assert reason in rejected.reason
    assert isinstance(offered, Offer)
    assert offered.spec.name == "other"


def test_a_tool_defined_twice_counts_as_the_last_says(read) -> None:
    other = with_schema({"properties": {"key": {"type": "string"}}})
    found = read(ToolsImporter(), json.dumps([GET, other, GET | {"name": "b"}]))
    assert isinstance(found[0], Reject)
    assert "twice" in found[0].reason
    assert [x.spec.digest for x in found[1:] if isinstance(x, Offer)] == [
        digest_of(other["inputSchema"]),  # type: ignore[arg-type]
        digest_of(SCHEMA_OF_GET),
    ]
    assert reasons(read, [GET, GET]) == []


def test_a_call_is_no_definition(read) -> None:
    """Some models write their calls with `name` and `parameters`."""
    assert specs(read, [{"name": "get_item", "parameters": {"id": 3}}]) == []
    call = {"name": "get_item", "arguments": "{}", "description": "x"}
    assert specs(read, [{"type": "function", "function": call}]) == []


def test_a_function_without_parameters_takes_none(read) -> None:
    wrapped = {"type": "function", "function": {"name": "now", "description": "The time."}}
    assert [one.parameters for one in specs(read, [wrapped])] == [()]


def test_deep_and_wide_documents_end(read) -> None:
    deep: object = [GET]
    for _ in range(40):
        deep = {"x": deep}
    assert specs(read, deep) == []
    with pytest.raises(BadInput):
        read(ToolsImporter(), "[" * 200 + "]" * 200)
    with pytest.raises(BadInput):
        read(ToolsImporter(), "nothing")


# ------------------------------------------------------------ the digest


def test_wording_and_order_do_not_change_the_digest() -> None:
    reworded = json.loads(json.dumps(SCHEMA_OF_GET))
    reworded["properties"]["id"]["description"] = "Another."
    reworded["title"] = "get_itemArguments"
    reworded["$schema"] = "http://json-schema.org/draft-07/schema#"
    reworded["properties"]["view"]["enum"].reverse()
    reworded["properties"] = dict(reversed(reworded["properties"].items()))
    assert digest_of(reworded) == digest_of(SCHEMA_OF_GET)


@pytest.mark.parametrize(
    "change",
    [
        {"required": []},
        {"additionalProperties": True},
        {"properties": {"id": {"type": "string"}}},
        {"properties": SCHEMA_OF_GET["properties"] | {"title": {"type": "string"}}},  # type: ignore[operator]
        {"properties": SCHEMA_OF_GET["properties"] | {"id": {"type": "integer", "default": 3}}},  # type: ignore[operator]
    ],
)
def test_everything_else_does(change) -> None:
    assert digest_of(SCHEMA_OF_GET | change) != digest_of(SCHEMA_OF_GET)


def test_a_parameter_called_description_counts() -> None:
    one = {"properties": {"description": {"type": "string"}}}
    other = {"properties": {"description": {"type": "integer"}}}
    assert digest_of(one) != digest_of(other) != digest_of({"properties": {}})


# --------------------------------------------------------- conversations


def conversation(tools: object, **fields: object) -> dict[str, object]:
    return {
        "tools": tools,
        "messages": [
            {"role": "assistant", "tool_calls": [
                {"id": "c1", "function": {"name": "get_item", "arguments": "{'id': 1"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Error"},
        ],
        **fields,
    }  # fmt: skip


def test_tools_beside_messages_are_read_with_them(read, lines) -> None:
    wrapped = [{"type": "function", "function": OPENAI}]
    text = lines(
        [
            conversation(wrapped, project="p", timestamp="2026-03-01T00:00:00Z"),
            conversation(wrapped, project="p"),
            conversation(wrapped, project="q"),
            conversation([OPENAI | {"parameters": {}}, GET | {"name": "x\u200b"}], project="p"),
            conversation(wrapped, project="p"),
        ]
    )
    found = read(MessagesImporter(), text)
    assert detect(text.encode(), "x").name == "messages"
    told = [(x.project, x.at, bool(x.spec.parameters)) for x in found if isinstance(x, Offer)]
    assert told == [
        ("p", datetime(2026, 3, 1, tzinfo=UTC), True),
        ("q", None, True),
        ("p", None, False),
        ("p", None, True),
    ]
    assert len([x for x in found if isinstance(x, Reject)]) == 1
    calls = [x.call for x in found if isinstance(x, Recording)]
    assert [(c.args, c.raw) for c in calls] == [(None, "{'id': 1")] * 5


# ------------------------------------------------------------------ laws

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["string", "object", "#/$defs/x", "", "a"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "inputSchema", "parameters", "properties", "type", "enum", "anyOf", "$ref",
             "$defs", "x", "required", "tools", "function", "allOf", "annotations"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_any_document_gives_offers_and_rejects_and_nothing_else(document: Json) -> None:
    for one in offers(document, source("")):
        assert isinstance(one, Offer | Reject)
        if isinstance(one, Offer):
            assert one.spec.digest
            names = [p.name for p in one.spec.parameters]
            assert len(names) == len(set(names))
