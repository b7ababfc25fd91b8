"""What services report to `POST /api/errors`: error events as S5 has them."""

from failonce.adapters.importers.events import error_recording
from failonce.adapters.intake.bodies import parsed
from failonce.adapters.intake.parsed import Parsed


def read(content: bytes) -> Parsed:
    """The events of a body: one, an array, `{"events": [...]}` or JSON lines.

    An event has `error`, `component`, `tags` and `context`; its other fields are read as if they
    stood in the context. Raises `BadInput` for what is no JSON, `TooLarge` for too many events.
    """
    return parsed(content, field="events", source="errors", made=error_recording)
