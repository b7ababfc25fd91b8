"""Carrying a watched call out: its course asks, the world answers.

A coroutine for all tools: `skill.driving` says how those that block run it.

What a tool raises is a result. What interrupts it is thrown into the course, which takes back
what was done for the call.
"""

from typing import cast

from failonce.kinds.hint.running import Result
from failonce.skill.driving import drive
from failonce.surfaces.watching.course import Around, Begun, Course, Own, Wanted


async def advance(
    course: Course, b: Begun, reply: Result | None = None, error: BaseException | None = None
) -> Own | Result:
    """Go on to the end; where the call hands out items while it runs, first to the call."""
    try:
        wanted = course.send(reply) if error is None else course.throw(error)  # type: ignore[arg-type]
        while not (b.streams and isinstance(wanted, Own) and wanted.call.tool == b.tool.name):
            try:
                reply = await _perform(wanted, b)
            except BaseException as interruption:
                wanted = course.throw(interruption)
            else:
                wanted = course.send(reply)
        return wanted
    except StopIteration as done:
        return cast("Result", done.value)
    finally:  # what a tool raised knows this frame, which must not know it
        reply = error = None


async def _perform(wanted: Wanted, b: Begun) -> Result:
    tool = b.tool
    if isinstance(wanted, Own):
        return cast("Result", await tool.attempt(b, wanted.call))
    if isinstance(wanted, Around):
        named = wanted.call.tool
        return await drive(
            wanted.steps,
            lambda run: tool.attempt(b, run.call, instead=run.call.tool != named),
            b.host.awaiting if tool.awaits else b.host.blocking,
            b.note,
        )
    return cast("Result", await tool.inserted(b, wanted.call))
