"""How a client calls the entry, and what is started when a session ends."""

import os
import sys

from failonce.adapters.spool.frames import FOLDER
from failonce.adapters.whereabouts import Place


def drain_behind(transcript: str, cwd: str, here: Place) -> None:
    """Start, and do not wait for, what takes the spool to the store and reads the transcript.

    The transcript tells what no hook does: which calls a person turned down.
    """
    known = [transcript] if transcript and os.path.isfile(transcript) else []  # noqa: PTH113
    if not known and not os.path.isdir(f"{here.store}{FOLDER}"):  # noqa: PTH112
        return
    import subprocess  # noqa: PLC0415 - only where a session ends

    subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "failonce", "collect", *known],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=cwd or None,
        start_new_session=True,
    )
