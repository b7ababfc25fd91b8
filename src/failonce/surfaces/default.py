"""The functions of `import failonce`, over the store that the settings name.

The store is opened at the first call and closed when the process ends. Where it cannot be
opened the observing functions go on without it, as if nobody had learned anything.
"""

import atexit
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from failonce.compose import Parts, configure, opened
from failonce.compose.reading import SWITCH
from failonce.compose.spelling import OFF
from failonce.errors import UserError
from failonce.model import ALLOW, Advice, Lesson, Mode, Proposer
from failonce.surfaces.sdk import Advisor, take_in

if TYPE_CHECKING:
    from failonce.surfaces.learning import Learning


@dataclass(frozen=True, slots=True, kw_only=True)
class _Default:
    parts: Parts
    advisor: Advisor


PATIENCE_S = 0.1
"""How long a call of the host may wait for another process that writes the store."""

_lock = Lock()
_open = ExitStack()
_default: _Default | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of a reported error (S5)."""

    norm_error: str
    fingerprint: str
    ts: datetime


def advise(
    tool: str,
    args: Mapping[str, object] | None,
    *,
    session: str = "",
    project: str | None = None,
    task: str | None = None,
    override: str = "",
) -> Advice:
    """What to do before a call; see `Advice`.

    `project` is the current one where none is given; `task` is as in `observe`. `override` is
    the reason to run a call that was blocked before; it is recorded as a suspected wrong block.
    Never raises.
    """
    if (here := _observing()) is None:
        return ALLOW
    return here.advisor.advise(
        tool,
        args,
        session=session,
        project=_project(here, project),
        task=task,
        override=override,
    )


def advise_failure(
    tool: str,
    args: Mapping[str, object] | None,
    error: str | BaseException,
    *,
    session: str = "",
    project: str | None = None,
    task: str | None = None,
) -> Advice:
    """What to do after a call failed with `error`; see `Advice`. Never raises."""
    if (here := _observing()) is None:
        return ALLOW
    return here.advisor.advise_failure(
        tool, args, error, session=session, project=_project(here, project), task=task
    )


def observe(
    tool: str,
    args: Mapping[str, object] | None,
    result: object = None,
    *,
    error: str | BaseException | None = None,
    session: str = "",
    project: str | None = None,
    task: str | None = None,
    at: datetime | None = None,
    duration_ms: float | None = None,
    read_only: bool | None = None,
    attempt: int = 1,
    id: str | None = None,
) -> None:
    """Record what became of a call: `error` where it failed, else `result`. Never raises.

    `task` names work that recurs in several sessions, `duration_ms` is how long the call
    took, `read_only` says that the tool changes nothing. `attempt` counts the tries of one
    call, from 1. `id` is your own name for the call: reported again under it, in the same
    session, it is the same call and counts once.
    """
    if (here := _observing()) is not None:
        here.advisor.observe(
            tool,
            args,
            result,
            error=error,
            session=session,
            project=_project(here, project),
            task=task,
            at=at,
            duration_ms=duration_ms,
            read_only=read_only,
            attempt=attempt,
            id=id,
        )


def finish(*, session: str, project: str | None = None) -> None:
    """Say that a session is over, so that what came of it is counted at once. Never raises.

    Without it a session counts a day after it met a lesson.
    """
    if (here := _observing()) is not None:
        here.advisor.finish(session=session, project=_project(here, project))


def learn(skill: str, rule: str, *, reason: str, project: str | None = None) -> Lesson:
    """Propose a rule for a skill, as the operator's agent (N6).

    In `manual` mode it waits for a person; in `auto` it is written at once, on trial.
    Raises `RefusedLesson` for an unsafe rule, `UserError` where failonce is off.
    """
    here = _opened()
    _refuse_off(here, project)
    return here.parts.review.learn(
        skill,
        rule,
        reason=reason,
        proposer=Proposer.AGENT,
        project=_project(here, project),
    )


def ingest_error(event: Mapping[str, object]) -> Ingested:
    """Take in one error of a service: `error`, `component`, `tags`, `context` (S5).

    Raises `BadInput` where the event holds no error. The result is that of the redacted
    error, named and stored.
    """
    here = _opened()
    _refuse_off(here, None)
    evidence = take_in(here.parts, event)
    return Ingested(
        norm_error=evidence.template, fingerprint=evidence.signature or "", ts=evidence.at
    )


def learning(*, project: str | None = None) -> "Learning":
    """What was learned, for planners: `recall`, `augment_plan`, `get_failures` and more.

    Raises `UserError` where `FAILONCE=off` rests this process.
    """
    from failonce.surfaces.learning import Learning  # noqa: PLC0415 - few processes plan

    here = _opened()
    return Learning(here.parts, project=_project(here, project))


def close() -> None:
    """Close the default store, and keep what watched tools reported.

    The next call opens it again, with settings read anew.
    """
    global _default  # noqa: PLW0603 - one default a process, as in `logging`
    watching = sys.modules.get("failonce.surfaces.watching.host")
    if watching is not None:
        watching.close()
    with _lock:
        _default = None
        _open.close()


atexit.register(close)


def _start_anew() -> None:
    """In a forked child: nothing of the parent's store and locks may be used or closed."""
    global _default, _lock, _open
    _default, _lock, _open = None, Lock(), ExitStack()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def _observing() -> _Default | None:
    """The default parts; None where failonce is off or cannot open its store."""
    if os.environ.get(SWITCH, "").strip().lower() in OFF:
        return None
    try:
        return _opened()
    except Exception:
        return None


def _opened() -> _Default:
    global _default  # noqa: PLW0603 - one default a process, as in `logging`
    with _lock:
        if _default is None:
            config = configure()
            if config.off:
                raise UserError(f"{SWITCH}=off rests failonce in this process.")
            parts = _open.enter_context(opened(config, patience_s=PATIENCE_S))
            _default = _Default(parts=parts, advisor=Advisor(parts.loop, parts.clock))
        return _default


def _refuse_off(here: _Default, project: str | None) -> None:
    if here.parts.review.mode(_project(here, project)) is Mode.OFF:
        raise UserError("failonce is off here; `failonce config mode manual` switches it on.")


def _project(here: _Default, project: str | None) -> str:
    return here.parts.config.project if project is None else project
