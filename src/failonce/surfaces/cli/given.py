"""What is given to several commands alike: code in a file, and the arguments of a call."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from failonce.errors import BadInput
from failonce.model import Json


def code(file: Path) -> str:
    """The text of a file, or of standard input for `-`; raises `BadInput` where it is none."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is no text in UTF-8.") from error


def arguments(text: str) -> Mapping[str, Json]:
    """One JSON object; raises `BadInput` for anything else."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(f"The arguments are no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadInput('The arguments must be one JSON object, such as {"url": "x"}.')
    return value
