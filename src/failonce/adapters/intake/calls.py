"""What agents report to `POST /api/calls`: calls as failonce's own recordings have them."""

from failonce.adapters.importers.calls import call_recording
from failonce.adapters.importers.reading import Object
from failonce.adapters.intake.bodies import parsed
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from failonce.model import Recording


def read(content: bytes) -> Parsed:
    """The calls of a body: one, an array, `{"calls": [...]}` or JSON lines.

    For the fields of a call see `importers.calls`. Raises `BadInput` for what is no JSON,
    `TooLarge` for too many calls.
    """
    return parsed(content, field="calls", source="calls", made=_recording)


def _recording(fields: Object) -> Recording:
    made = call_recording(fields, "call", 0)
    if made is None:
        raise BadInput("the call names no `tool`")
    return made
