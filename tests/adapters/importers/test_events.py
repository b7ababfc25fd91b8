from datetime import UTC, datetime

import pytest

from failonce.adapters.importers.events import ingest_error
from failonce.errors import BadInput
from failonce.model import Origin


def test_the_fields_of_an_event():
    one = ingest_error(
        {
            "error": "KeyError: 5",
            "component": "worker",
            "tags": ["a", 3],
            "ts": "2026-01-02T03:04:05Z",
            "context": {"session": "s", "project": "p", "user": {"id": 5}},
        }
    )
    assert (one.text, one.call.tool, one.tags) == ("KeyError: 5", "worker", ("a",))
    assert (one.call.session, one.call.project, one.flagged) == ("s", "p", True)
    assert one.call.args is not None
    assert one.call.args["user"] == {"id": 5}
    assert one.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert one.origin is Origin.LOG


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("broken")


def test_exceptions_are_named_and_a_broken_one_is_survived():
    one = ingest_error({"error": ValueError("no"), "component": object(), "tags": None})
    assert (one.text, one.error_type) == ("ValueError: no", "ValueError")
    assert ingest_error({"error": Broken(), "context": Broken()}).error_type == "Broken"


@pytest.mark.parametrize("event", [{}, {"error": ""}, {"error": None}])
def test_an_event_without_error_is_refused(event):
    with pytest.raises(BadInput, match="error"):
        ingest_error(event)
