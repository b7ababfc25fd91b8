"""What went wrong in hooks: they say nothing to the agent, so `failonce status` does.

One line for each, in a file that is begun anew when it is full. No text of an error is kept,
only of what kind it was and where: it may hold what the call was about.
"""

import json
import os
import time
from typing import Any, Final

FILE: Final = "troubles"
_MOST_BYTES: Final = 64 << 10


def tell(folder: str, event: str, error: BaseException) -> None:
    """Count one; never raises. `folder` is that of the hooks' memory."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = None if trace is None else trace.tb_frame.f_code.co_filename
    where = "" if trace is None else f"{os.path.basename(str(code))}:{trace.tb_lineno}"  # noqa: PTH119
    line = [round(time.time()), event[:40], type(error).__name__, where]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - quicker to load
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(f"{folder}/{FILE}", flags, 0o600)
        try:
            if os.fstat(handle).st_size > _MOST_BYTES:
                os.ftruncate(handle, 0)
            os.write(handle, json.dumps(line).encode() + b"\n")
        finally:
            os.close(handle)
    except OSError:
        return


def told(folder: str) -> list[list[Any]]:
    """What was told: when (epoch seconds), which event, what kind of error, where."""
    try:
        with open(f"{folder}/{FILE}", "rb") as file:  # noqa: PTH123
            lines = file.read().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [f for f in found if isinstance(f, list) and len(f) == 4]
