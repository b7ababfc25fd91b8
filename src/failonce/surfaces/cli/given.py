"""What is given to several commands alike: code in a file, and the arguments of a call."""

import sys
from pathlib import Path

from failonce.errors import BadInput


def code(file: Path) -> str:
    """The text of a file, or of standard input for `-`; raises `BadInput` where it is none."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is no text in UTF-8.") from error
