"""The tools of an agent as they describe themselves."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from pydantic_ai.tools import ToolDefinition

from failonce.adapters.importers.tool_specs import spec_from
from failonce.model import Offer, ToolSpec
from failonce.surfaces.watching.host import Host


class Specs:
    """What is known of tools by their definitions; shared by all runs of an agent."""

    def __init__(self, read_only: Collection[str] = ()) -> None:
        self._read_only = frozenset(read_only)
        self._known: dict[str, tuple[ToolDefinition, ToolSpec]] = {}
        self._told: dict[tuple[str, str], ToolSpec] = {}

    def of(self, definition: ToolDefinition) -> ToolSpec:
        """The tool of a definition; only its name where the rest cannot be read."""
        known = self._known.get(definition.name)
        if known is None or known[0] != definition:
            known = self._known[definition.name] = definition, self._made(definition)
        return known[1]

    def _made(self, definition: ToolDefinition) -> ToolSpec:
        described: dict[str, Any] = {
            "name": definition.name,
            "description": definition.description,
            "parameters": definition.parameters_json_schema,
            "annotations": (definition.metadata or {}).get("annotations"),
        }
        try:
            spec = spec_from(described)
        except ValueError:
            spec = ToolSpec(name=definition.name)
        return replace(spec, read_only=True) if spec.name in self._read_only else spec

    def tell(self, here: Host, project: str, definition: ToolDefinition) -> None:
        """Let the store know of a tool, once a process."""
        spec = self.of(definition)
        if definition.kind == "output" or self._told.get((project, spec.name)) == spec:
            return
        self._told[project, spec.name] = spec
        at = here.clock.now()
        here.writer.put(lambda: [Offer(spec=here.desk.tool(spec), project=project, at=at)])
