"""Lesson bodies as YAML: one strict reader, one deterministic writer.

The reader refuses whatever makes YAML surprising (aliases, anchors, tags, duplicate keys,
several documents) and bounds size and depth. The writer always quotes what could be read
as something else, so no text from an error can become structure.
"""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from failonce.errors import BadInput
from failonce.language.plain import TooDeep, plain
from failonce.model import Json

MAX_BYTES = 16_384
"""Longest body that is read; longer ones are refused."""
MAX_DEPTH = 12
_SURPRISES = ("&", "*", "!", "---", "...")
"""What aliases, anchors, tags and further documents are written with."""
_NOT_PLAIN = "The body is not the plain YAML that lessons use"


class Block(str):
    """A text of several lines that `dump` writes in lines, so that people can read it.

    One that would not read back as it is, letter by letter, is quoted as others are.
    """

    __slots__ = ()

    @property
    def readable(self) -> bool:
        """Whether lines of YAML can hold it: whole printable lines without blanks at the end."""
        lines = self.removesuffix("\n").split("\n")
        whole = self.endswith("\n") and bool(lines[0].strip()) and bool(lines[-1])
        plain = all(x.isascii() and (x.isprintable() or not x) and x == x.rstrip() for x in lines)
        return whole and plain and not lines[0].startswith(" ")


def dump(value: Mapping[str, Json]) -> str:
    """`value` as block-style YAML in the order given, ending in a newline."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - 40 ms that `--help` need not pay
    from ruamel.yaml.scalarstring import (  # noqa: PLC0415
        DoubleQuotedScalarString,
        LiteralScalarString,
    )

    def quoted(item: Json) -> Any:
        if isinstance(item, Block) and item.readable:
            return LiteralScalarString(item)
        if isinstance(item, str):
            return str(item) if _plain(item) else DoubleQuotedScalarString(item)
        if isinstance(item, Mapping):
            return {quoted(key): quoted(v) for key, v in item.items()}
        if isinstance(item, Sequence):
            return [quoted(v) for v in item]
        return item

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    yaml.allow_unicode = False
    out = io.StringIO()
    yaml.dump(quoted(value), out)
    return out.getvalue()


def load(text: str) -> dict[str, Json]:
    """The mapping that a body holds; raises `BadInput` saying what is wrong with it.

    JSON is YAML too, and is read a hundred times as fast.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadInput(f"The body is longer than {MAX_BYTES} bytes.")
    return (_json(text) if text.startswith("{") else None) or _yaml(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _json(text: str) -> dict[str, Json] | None:
    """The mapping that a text holds as JSON, None where it is not as strict as YAML is here."""
    try:
        value = plain(_DECODER.decode(text), depth=MAX_DEPTH)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _yaml(text: str) -> dict[str, Json]:
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        if any(mark in text for mark in _SURPRISES):  # else reading it twice finds nothing
            _refuse_surprises(text)
        value = plain(YAML(typ="safe", pure=True).load(text), depth=MAX_DEPTH)
    except (TooDeep, RecursionError):
        raise BadInput(f"{_NOT_PLAIN}: nested deeper than {MAX_DEPTH}") from None
    except (YAMLError, ValueError) as error:
        reason = str(getattr(error, "problem", None) or error).splitlines()[0][:200]
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" (line {mark.line + 1})"
        raise BadInput(f"{_NOT_PLAIN}: {reason}{where}") from None
    if not isinstance(value, dict):
        raise BadInput("The body must be a mapping with `match` and `action`.")
    return value


def _plain(text: str) -> bool:
    """True where a word needs no quotes whatever the YAML version."""
    return (
        text.isascii()
        and text.replace("_", "").replace(".", "").isalnum()
        and text[0].isalpha()
        and text.lower() not in ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    )


def _refuse_surprises(text: str) -> None:
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.events import AliasEvent, DocumentStartEvent, NodeEvent  # noqa: PLC0415

    documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, DocumentStartEvent):
            documents += 1
        if documents > 1 or isinstance(event, AliasEvent):
            raise ValueError("aliases and several documents are not allowed")
        if isinstance(event, NodeEvent) and (event.anchor or getattr(event, "tag", None)):
            raise ValueError("anchors and tags are not allowed")
