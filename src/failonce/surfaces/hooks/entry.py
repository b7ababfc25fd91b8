"""One event of a coding agent, from end to end: `failonce-hook claude-code < event`.

Whatever goes wrong in here, the agent goes on as if failonce were not there: nothing is
printed, the exit status is 0, and `failonce status` tells of it. `FAILONCE=off` does nothing.
"""

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from failonce.adapters.in_force.frames import FILE
from failonce.adapters.in_force.glance import Glance, Seen
from failonce.adapters.whereabouts import Place, data_folder, place, switched_off
from failonce.identity import digest
from failonce.surfaces.hooks import payload as events
from failonce.surfaces.hooks.memory import FOLDER, Memory, State
from failonce.surfaces.hooks.payload import Happened
from failonce.surfaces.hooks.troubles import tell

LIMIT_S: Final = 5.0
"""After so long a hook gives up: the agent waits for it."""
_MOST: Final = 64 << 20
"""Bytes of an event that are read."""
_WEEK_S: Final = 7 * 86_400

Answer = dict[str, Any]


class Alone:
    """Asks the lessons in this process, which loads the rest."""

    def answer(self, happened: Happened, here: Place, mark: str) -> Answer | None:
        """What they say of an event, where it was seen at a glance that one may speak.

        `mark` names those that may, where all of them say the same again.
        """
        from failonce.surfaces.hooks.answering import answer  # noqa: PLC0415 - see above

        return answer(happened, here, mark)

    def expect(self, here: Place) -> None:
        """A session begins, in which lessons may speak."""


class Together(Alone):
    """Asks the hook that stayed (`staying`), else this process, which then stays itself."""

    def __init__(self) -> None:
        self._for = ""
        """The store for whose hooks to come it stays."""

    def answer(self, happened: Happened, here: Place, mark: str) -> Answer | None:
        """The same."""
        from failonce.surfaces.hooks import staying  # noqa: PLC0415 - hardly ever asked

        able = staying.able(here.store, os.environ)
        if able and (found := staying.asked(happened, here, mark)):
            return found[0]
        self._for = here.store if able else ""
        return super().answer(happened, here, mark)

    def expect(self, here: Place) -> None:
        """The same."""
        from failonce.surfaces.hooks import staying  # noqa: PLC0415 - once a session

        if staying.able(here.store, os.environ) and not staying.there(here.store):
            self._for = here.store

    def stay(self) -> None:
        """Be there for the hooks to come, where that is worth it; all is said."""
        if self._for:
            from failonce.surfaces.hooks import staying  # noqa: PLC0415 - hardly ever

            staying.stay(self._for)


def run() -> None:
    """The program: it ends without waiting for what Python would tidy up."""
    gc.disable()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    together = Together()
    code = main(sys.argv[1:], together)
    sys.stdout.flush()
    if hasattr(signal, "setitimer"):  # all is said
        signal.setitimer(signal.ITIMER_REAL, 0)
    together.stay()
    os._exit(code)


def main(argv: Sequence[str], lessons: Alone | None = None) -> int:
    """Read one event, answer it, and ask `lessons` where they may speak; always 0."""
    folder, event = "", ""
    try:
        if switched_off(os.environ):
            return 0
        raw = sys.stdin.buffer.read(_MOST + 1)
        folder = f"{data_folder(os.environ)}/failonce.db{FOLDER}"
        if len(raw) > _MOST:
            raise ValueError("an event of more than 64 MB")
        found = json.loads(raw)
        client = argv[0] if argv else events.CLAUDE_CODE
        happened = Happened(found if isinstance(found, Mapping) else {}, client)
        event = happened.event
        here = place(happened.cwd or os.getcwd(), os.environ)  # noqa: PTH109 - quicker to load
        folder = f"{here.store}{FOLDER}"
        answer = _answered(happened, here, lessons or Alone())
        if answer:
            sys.stdout.write(json.dumps({"hookSpecificOutput": answer}))
    except BaseException as error:
        tell(folder, event, error)
    return 0


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError(f"longer than {LIMIT_S:g} s")


def _answered(happened: Happened, here: Place, lessons: Alone) -> Answer | None:
    glance = Glance.at(f"{here.store}{FILE}")
    off = here.usually_off if glance is None else glance.off(here.project, usually=here.usually_off)
    if here.off or off or not happened.session:
        return None
    if happened.event == events.BEFORE:
        return _before(happened, here, glance, lessons) if happened.tool else None
    if happened.event in (events.AFTER, events.FAILED):
        return _after(happened, here, glance, lessons) if happened.tool else None
    if happened.event == events.START:
        return _started(happened, here, glance, lessons)
    if happened.event == events.END:
        _ended(happened, here)
    return None


def _before(
    happened: Happened, here: Place, glance: Glance | None, lessons: Alone
) -> Answer | None:
    """What lessons say before a call; nearly always it is seen at a glance that none does."""
    memory, reason = Memory(here.store, happened.session), happened.reason
    if reason is not None and reason.lesson:
        with memory.changing() as state:
            if reason.lesson in state.get("blocked", {}):
                state.setdefault("passed", {})[reason.lesson] = reason.why
    if glance is None or happened.args is None:
        return None
    state = memory.state()
    failed = happened.tool in state.get("failed", ())
    seen = glance.before(here.project, happened.tool, happened.args, failed=failed)
    if not seen:
        return None
    mark = _mark(glance, seen)
    told = state.get("told", {}).get(happened.tool)
    if told is not None and told[0] == mark:
        return _context(happened, told[1])
    return lessons.answer(happened, here, mark if _fixed(seen) else "")


def _fixed(seen: Sequence[Seen]) -> bool:
    return all(s.get("fixed") for s in seen)


def _mark(glance: Glance, seen: Sequence[Seen]) -> str:
    """Those that may speak: where all of them say the same again, it need not be asked again."""
    week = int(time.time() // _WEEK_S)
    return digest((glance.id, str(week), *(s["id"] for s in seen)), size=8)


def _after(happened: Happened, here: Place, glance: Glance | None, lessons: Alone) -> Answer | None:
    """Record a call; where it failed, what lessons say to that.

    Codex does not say whether a call failed, and tells of some that did not at all: what it
    writes down itself is taken to the store when the session ends, and only remembered here.
    """
    from failonce.adapters.spool.frames import framed  # noqa: PLC0415 - only here
    from failonce.surfaces.hooks.recording import evidence_id, recording, spool  # noqa: PLC0415

    made, memory = recording(happened, here, time.time()), Memory(here.store, happened.session)
    if happened.client == events.CODEX:
        memory.remember(made)
        return None
    records = [framed("recording", made)]
    state = memory.state()
    failed = happened.failed is True
    if state.get("open") or (failed and happened.tool not in state.get("failed", ())):
        with memory.changing() as state:
            records += _came_of(state, happened, evidence_id(happened, here))
            if failed:
                state["failed"] = sorted({*state.get("failed", ()), happened.tool})
    spool(here, *records)
    memory.remember(made)
    if not failed or glance is None or happened.args is None:
        return None
    may = glance.after(here.project, happened.tool, happened.args)
    return lessons.answer(happened, here, "") if may else None


def _came_of(state: State, happened: Happened, evidence: str) -> list[bytes]:
    """The exposures of lessons that met this call, with what came of it."""
    from failonce.adapters.spool.frames import framed  # noqa: PLC0415 - only here
    from failonce.surfaces.hooks.recording import call_key  # noqa: PLC0415

    waiting = state.get("open", {})
    found = []
    for key in (happened.id, call_key(happened)):
        for exposure, worked, failed in waiting.pop(key, {}).get("spoken", ()):
            effect = failed if happened.failed else worked
            found.append(framed("exposure", {**exposure, "effect": effect, "evidence": evidence}))
    return found


def _started(
    happened: Happened, here: Place, glance: Glance | None, lessons: Alone
) -> Answer | None:
    """The rules in force, where a session begins, or what was said to it is gone."""
    if happened.source != "resume":
        with Memory(here.store, happened.session).changing() as state:
            for name in ("said", "told"):
                state.pop(name, None)
    if glance is None:
        return None
    if glance.ruled(here.project):
        return lessons.answer(happened, here, "")
    if glance.any(here.project):
        lessons.expect(here)
    return None


def _ended(happened: Happened, here: Place) -> None:
    """What came of the session counts from now on; what was spooled goes to the store."""
    from failonce.surfaces.hooks.launching import drain_behind  # noqa: PLC0415 - only here
    from failonce.surfaces.hooks.recording import closing, spool  # noqa: PLC0415

    if Memory(here.store, happened.session).state().get("met"):
        spool(here, closing(happened, here, time.time()))
    drain_behind(happened.transcript, happened.cwd, here)


def _context(happened: Happened, text: str) -> Answer | None:
    return {"hookEventName": happened.event, "additionalContext": text} if text else None
