"""Carrying a watched call out: one driver for tools that block, one for those that await.

What a tool raises is a result. What interrupts it is thrown into the course, which takes back
what was done for the call.
"""

from typing import cast

from failonce.kinds.hint.running import Result
from failonce.skill.driving import AsyncWorld, World, drive, drive_async
from failonce.surfaces.watching.course import Around, Begun, Course, Own, Wanted


def advance(
    course: Course, b: Begun, reply: Result | None = None, error: BaseException | None = None
) -> Own | Result:
    """Go on to the end; where the call hands out items while it runs, first to the call."""
    try:
        wanted = course.send(reply) if error is None else course.throw(error)  # type: ignore[arg-type]
        while not (b.streams and isinstance(wanted, Own) and wanted.call.tool == b.tool.name):
            try:
                reply = _perform(wanted, b)
            except BaseException as interruption:
                wanted = course.throw(interruption)
            else:
                wanted = course.send(reply)
        return wanted
    except StopIteration as done:
        return cast("Result", done.value)
    finally:  # what a tool raised knows this frame, which must not know it
        reply = error = None


def _perform(wanted: Wanted, b: Begun) -> Result:
    tool, host = b.tool, b.host
    if isinstance(wanted, Own):
        return cast("Result", tool.attempt(b, wanted.call))
    if isinstance(wanted, Around):
        world = World(now=host.now, sleep=host.sleep, note=b.note, threads=host.threads)
        named = wanted.call.tool
        return drive(
            wanted.steps,
            lambda run: tool.attempt(b, run.call, instead=run.call.tool != named),
            world,
        )
    return cast("Result", tool.inserted(b, wanted.call))


async def advance_async(
    course: Course, b: Begun, reply: Result | None = None, error: BaseException | None = None
) -> Own | Result:
    """`advance` for callers that await."""
    try:
        wanted = course.send(reply) if error is None else course.throw(error)  # type: ignore[arg-type]
        while not (b.streams and isinstance(wanted, Own) and wanted.call.tool == b.tool.name):
            try:
                reply = await _perform_async(wanted, b)
            except BaseException as interruption:
                wanted = course.throw(interruption)
            else:
                wanted = course.send(reply)
        return wanted
    except StopIteration as done:
        return cast("Result", done.value)
    finally:  # what a tool raised knows this frame, which must not know it
        reply = error = None


async def _perform_async(wanted: Wanted, b: Begun) -> Result:
    tool, host = b.tool, b.host
    if isinstance(wanted, Own):
        return cast("Result", await tool.attempt_async(b, wanted.call))
    if isinstance(wanted, Around):
        world = AsyncWorld(now=host.now, sleep=host.async_sleep, note=b.note)
        named = wanted.call.tool
        return await drive_async(
            wanted.steps,
            lambda run: tool.attempt_async(b, run.call, instead=run.call.tool != named),
            world,
        )
    return cast("Result", await tool.inserted_async(b, wanted.call))
