"""After a call failed: what lessons say to that. A client makes no call again, so it is told.

What a call came back with is judged here as it is where it goes to the store, which takes as much
to load again as to ask the lessons; before a call none of it is needed.
"""

import json
from typing import Final

from failonce.adapters.clock import SystemClock
from failonce.adapters.values import written
from failonce.evidence.redact import Redactor
from failonce.exposing import Asked
from failonce.kinds.decision import Concerning, Decision, settle
from failonce.model import Advice, AdviceAction, Failure
from failonce.skill import decide
from failonce.surfaces.failing import failure_in
from failonce.surfaces.hooks.deliberating import Answer, Asking, met, remembered
from failonce.surfaces.hooks.payload import Happened
from failonce.surfaces.hooks.recording import call_key
from failonce.taking import Taking

_SHOWN: Final = 2_000
"""Characters of arguments that an advice shows."""


def after(asking: Asking) -> Answer | None:
    """What lessons say, None where they say nothing."""
    happened = asking.happened
    taking = Taking(clock=SystemClock(), cleaner=Redactor())
    failed_like = call_key(happened)
    with remembered(asking) as state:
        attempts = state.setdefault("attempts", {})
        attempt = attempts[failed_like] = int(attempts.get(failed_like, 0)) + 1
        failure = failure_in(taking.evidence, asking.call, happened.text, attempt, at=asking.at)
        if failure is None:
            return None
        asked = _asked(asking, failure)
        advice = asked.decision.advice
        if advice.action is AdviceAction.GIVE_UP:
            return {"hookEventName": happened.event, "additionalContext": advice.message}
        if advice.action is not AdviceAction.RETRY:
            return None
        state["met"] = True
        met(asking, asked.spoken, state, key=_advised(happened, advice))
    return {"hookEventName": happened.event, "additionalContext": _worded(advice, happened)}


def _asked(asking: Asking, failure: Failure) -> Asked:
    def ask(concerning: Concerning) -> Decision:
        return settle(decide.after(asking.situation, failure, concerning))

    return asking.roster.after(asking.call, asking.at, ask)


def _advised(happened: Happened, advice: Advice) -> str:
    """The key of the call that an advice wants made."""
    args = happened.args if advice.args is None else advice.args
    return call_key(happened, tool=advice.tool or happened.tool, args=args)


def _worded(advice: Advice, happened: Happened) -> str:
    """An advice to call again, in words: nothing was repaired yet."""
    if advice.args is None or advice.args == happened.args:
        wait = f"Wait {advice.after_s:g} s, then call it again." if advice.after_s else ""
        return f"{advice.message} {wait}".strip()
    shown = json.dumps(written(advice.args), ensure_ascii=True)
    tool = advice.tool or happened.tool
    if len(shown) > _SHOWN:
        changed = advice.message.replace("Arguments repaired: ", "")
        return f"{_KNOWN} Change its arguments so, and call {tool} again: {changed}"
    return f"{_KNOWN} Call {tool} with these instead: {shown}"


_KNOWN: Final = "Calls that failed like this one worked with other arguments."
