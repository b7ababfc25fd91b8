"""The formats that can be imported, and which of them a source is in.

A new format is a new file and a line here.
"""

from typing import Final

from failonce.adapters.importers.calls import CallsImporter
from failonce.adapters.importers.claude_code import ClaudeCodeImporter
from failonce.adapters.importers.codex import CodexImporter
from failonce.adapters.importers.csv import CsvImporter
from failonce.adapters.importers.logs import LogsImporter
from failonce.adapters.importers.messages import MessagesImporter
from failonce.adapters.importers.tool_specs import ToolsImporter
from failonce.errors import BadInput
from failonce.ports import Importer

IMPORTERS: Final[tuple[Importer, ...]] = (
    CallsImporter(),
    ClaudeCodeImporter(),
    CodexImporter(),
    MessagesImporter(),
    LogsImporter(),
    CsvImporter(),
    ToolsImporter(),
)

SURE: Final = 0.5
"""How sure an importer must be at least, from 0 to 1."""
CLEAR: Final = 0.1
"""By how much it must be surer than the next."""


def formats() -> tuple[str, ...]:
    """The words for `--format`."""
    return tuple(importer.name for importer in IMPORTERS)


def importer(format_name: str) -> Importer:
    """The importer of a format; raises `BadInput` with the formats there are."""
    wanted = format_name.strip().lower().replace("_", "-")
    for one in IMPORTERS:
        if one.name == wanted:
            return one
    raise BadInput(f"no format is called {format_name!r}; choose one of {', '.join(formats())}")


def detect(head: bytes, name: str) -> Importer:
    """The importer of a source that begins with `head`; raises `BadInput` where unsure."""
    if not head.strip():
        return IMPORTERS[0]  # an empty source is in every format
    scored = sorted(((one.sniff(head, name), one.name) for one in IMPORTERS), reverse=True)
    (best, first), (other, second), *_ = scored
    if best < SURE and name.endswith(".py"):
        raise BadInput(f"{name}: Python, and no recording; failonce tools import reads tools of it")
    if best < SURE:
        raise BadInput(
            f"{name}: its format is not clear; name it by --format, one of {', '.join(formats())}"
        )
    if best - other < CLEAR:
        raise BadInput(
            f"{name}: it may be {first} or {second}; name it by --format {first} "
            f"or --format {second}"
        )
    return importer(first)
