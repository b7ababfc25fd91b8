"""What is handed to the inside: values of Python's own, behind their length."""

import marshal
from typing import Any


def framed(value: Any) -> bytes:
    """A value as the inside reads it; it is the same interpreter, so `marshal` is enough."""
    body = marshal.dumps(value)
    return len(body).to_bytes(8, "little") + body
