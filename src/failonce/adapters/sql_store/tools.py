"""Tools as they described themselves: functions over one connection."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.prepared import upsert
from failonce.adapters.sql_store.rows import micros, plain
from failonce.identity import canonical_json
from failonce.model import Parameter, ToolSpec
from failonce.ports import Added


def add(connection: Connection, project: str, specs: Sequence[ToolSpec], at: datetime) -> Added:
    """Keep what these tools say of themselves; what is stored of a later time stays."""
    stored = {row.name: row for row in _rows(connection, project)}
    known = {name: (row.at, row.spec) for name, row in stored.items()}
    when, new = micros(at), 0
    written: dict[str, dict[str, object]] = {}
    for spec in specs:
        name, text = plain(spec.name), plain(canonical_json(asdict(spec)))
        before = known.get(name)
        if before is not None and before[0] > when:
            continue
        new += before is None or before[1] != text
        known[name] = (when, text)
        written[name] = {
            "project": plain(project),
            "name": name,
            "digest": spec.digest,
            "at": when,
            "spec": text,
        }
    if written:
        statement = upsert(connection, t.tool)
        changed = {name: statement.excluded[name] for name in ("digest", "at", "spec")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["project", "name"], set_=changed),
            list(written.values()),
        )
    return Added(new=new, duplicates=len(specs) - new)


def tools(connection: Connection, project: str) -> dict[str, ToolSpec]:
    """The tools of a project by name, in order of name."""
    return {spec.name: spec for spec in map(_spec, _rows(connection, project))}


def _rows(connection: Connection, project: str) -> Sequence[Row[Any]]:
    query = select(t.tool).where(t.tool.c.project == plain(project)).order_by(t.tool.c.name)
    return connection.execute(query).all()


def _spec(row: Row[Any]) -> ToolSpec:
    fields: Mapping[str, Any] = json.loads(row.spec)
    parameters = tuple(
        Parameter(**{**p, "types": tuple(p["types"]), "choices": tuple(p["choices"])})
        for p in fields["parameters"]
    )
    return ToolSpec(**{**fields, "parameters": parameters})
