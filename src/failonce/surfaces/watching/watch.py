"""`watch`: whatever a tool is, its calls go through failonce.

    @watch                                  a function, coroutine, generator, async generator
    @watch(tool="read_file", read_only=True)
    tools = watch([read_file, write_file])  wrapped

What a tool raises passes as it is. What goes wrong in failonce is counted (`status`), and the
call is then made as if failonce were not there.
"""

import functools
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from time import perf_counter
from typing import Any, TypeVar, cast, overload

from failonce.errors import Blocked
from failonce.kinds.hint.running import Result
from failonce.skill.driving import at_once
from failonce.surfaces.watching.blocks import Block
from failonce.surfaces.watching.carrying import advance
from failonce.surfaces.watching.course import Begun, Own, course
from failonce.surfaces.watching.tool import Heard, Kind, Tool, register

F = TypeVar("F", bound=Callable[..., Any])

ITEMS = 100
"""Items of a generator that are recorded."""


@overload
def watch(function: F, /) -> F: ...
@overload
def watch(
    functions: Sequence[Callable[..., Any]],
    /,
    *,
    project: str | None = None,
    read_only: bool | None = None,
    key: str = "",
    on_advice: Heard | None = None,
) -> list[Callable[..., Any]]: ...
@overload
def watch(
    *,
    tool: str = "",
    project: str | None = None,
    read_only: bool | None = None,
    key: str = "",
    on_advice: Heard | None = None,
) -> Callable[[F], F]: ...


def watch(
    function: Any = None,
    /,
    *,
    tool: str = "",
    project: str | None = None,
    read_only: bool | None = None,
    key: str = "",
    on_advice: Heard | None = None,
) -> Any:
    """Watch a tool: record its calls, and let the lessons in force act on them.

    `tool` is its name, by default the function's; `project` whose lessons count, by default the
    session's, else that of the working directory. `read_only` says that it changes nothing (or
    that it does). `key` names the argument that holds an idempotency key: a call that has one
    may be made again. `on_advice` is called with each `Advice` that has a message.
    Of a list or tuple of functions each is watched. A call that a lesson blocks raises
    `Blocked`; one that a hint gave up raises `TimeoutError`.
    """
    if function is None:
        return lambda each: _watched(each, tool, project, read_only, key, on_advice)
    if isinstance(function, list | tuple):
        return [_watched(each, "", project, read_only, key, on_advice) for each in function]
    return _watched(function, tool, project, read_only, key, on_advice)


def _watched(  # noqa: PLR0917 - those of `watch`
    function: Any,
    name: str,
    project: str | None,
    read_only: bool | None,
    key: str,
    on_advice: Heard | None,
) -> Any:
    if isinstance(function, classmethod | staticmethod):
        inner = _watched(function.__func__, name, project, read_only, key, on_advice)
        return type(function)(inner)
    if hasattr(function, "__failonce__"):
        return function
    plain = function.func if isinstance(function, functools.partial) else function
    made = Tool(
        function,
        name or getattr(plain, "__name__", type(plain).__name__),
        project=project,
        read_only=read_only,
        key=key,
        on_advice=on_advice,
    )
    register(made)
    wrapper: Any = functools.wraps(function)(_WRAPPERS[made.kind](made))
    wrapper.__failonce__ = made
    return wrapper


def calling(tool: Tool) -> Callable[..., Any]:
    """A watched tool's calls, for whoever has only the tool."""
    found: Callable[..., Any] = _WRAPPERS[tool.kind](tool)
    return found


# ------------------------------------------------------------ kinds of tools


def _plain(tool: Tool) -> Any:
    function, begin = tool.function, tool.begin

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = begin(args, kwargs)
        if begun is None:
            return function(*args, **kwargs)
        if isinstance(begun, Begun):
            result = at_once(came_of(begun))
            if result is None:
                return function(*args, **kwargs)
            if result.raised is not None:
                try:
                    raise result.raised
                finally:  # what was raised knows this frame, which must not know it
                    begun.last = None
                    del begun, result
            return result.value
        started = perf_counter()
        try:
            value = function(*args, **kwargs)
        except Exception as error:
            begun.end(started, None, error)
            raise
        begun.end(started, value)
        return value

    return wrapper


def _coroutine(tool: Tool) -> Any:
    function, begin = tool.function, tool.begin

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = begin(args, kwargs)
        if begun is None:
            return await function(*args, **kwargs)
        if isinstance(begun, Begun):
            result = await came_of(begun)
            if result is None:
                return await function(*args, **kwargs)
            if result.raised is not None:
                try:
                    raise result.raised
                finally:  # what was raised knows this frame, which must not know it
                    begun.last = None
                    del begun, result
            return result.value
        started = perf_counter()
        try:
            value = await function(*args, **kwargs)
        except Exception as error:
            begun.end(started, None, error)
            raise
        begun.end(started, value)
        return value

    return wrapper


def _generator(tool: Tool) -> Any:
    function, begin = tool.function, tool.begin

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        begun = begin(args, kwargs)
        if begun is None:
            return (yield from function(*args, **kwargs))
        block = Block(begun, args, kwargs)
        at_once(block.enter())
        items = _Items()
        with block:
            value = yield from _heard(function(*block.given_args, **block.given_kwargs), items)
            block.result = items.seen(value)
        return value

    return wrapper


def _async_generator(tool: Tool) -> Any:
    function, begin = tool.function, tool.begin

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        begun = begin(args, kwargs)
        block = None
        if begun is not None:
            block = Block(begun, args, kwargs)
            await block.enter()
            args, kwargs = block.given_args, block.given_kwargs
        items = _Items()
        inner = function(*args, **kwargs)
        error: BaseException | None = None
        try:
            try:
                item = await anext(inner)
                while True:
                    items.add(item)
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await inner.aclose()
                        raise
                    except BaseException as thrown:
                        item = await inner.athrow(thrown)
                    else:
                        item = await inner.asend(sent)
            except StopAsyncIteration:
                pass
            except BaseException as raised:
                error = raised
                raise
        finally:
            if block is not None:
                block.result = items.seen(None)
                await block.leave(error)

    return wrapper


_WRAPPERS: Mapping[Kind, Callable[[Tool], Any]] = {
    Kind.PLAIN: _plain,
    Kind.COROUTINE: _coroutine,
    Kind.GENERATOR: _generator,
    Kind.ASYNC_GENERATOR: _async_generator,
}


def _heard(inner: Generator[Any, Any, Any], items: "_Items") -> Generator[Any, Any, Any]:
    """`yield from`, with an ear for what comes."""
    try:
        item = next(inner)
        while True:
            items.add(item)
            try:
                sent = yield item
            except GeneratorExit:
                inner.close()
                raise
            except BaseException as thrown:
                item = inner.throw(thrown)
            else:
                item = inner.send(sent)
    except StopIteration as done:
        return done.value


class _Items:
    """The first items that a generator handed out, and how many there were."""

    def __init__(self) -> None:
        self._first: list[Any] = []
        self._count = 0

    def add(self, item: Any) -> None:
        self._count += 1
        if len(self._first) < ITEMS:
            self._first.append(item)

    def seen(self, value: Any) -> Any:
        """What is recorded: text as one, else what it returned, else the items."""
        if self._first and all(isinstance(i, str) for i in self._first):
            return "".join(self._first)
        more = self._count - len(self._first)
        listed = [*self._first, *([f"<{more} more>"] if more else [])]
        return listed if value is None else value


# ------------------------------------------------------ calls with lessons


async def came_of(b: Begun) -> Result | None:
    """What came of a call that lessons concern; None where failonce itself failed before it was
    made. What no `Exception` is passes."""
    first: Result | None = None
    try:
        if b.quiet:
            first = cast("Result", await b.tool.attempt(b, b.call))
            if first.failure is None:
                return first
        return _ended(b, await advance(course(b, first), b))
    except Exception as error:
        b.host.went_wrong(error)
        return b.last
    finally:  # what was raised knows this frame, which must not know it
        del first


def _ended(b: Begun, found: Own | Result) -> Result:
    """The result for the host: what a hint answered in the tool's stead becomes an error."""
    b.closed = True
    result = cast("Result", found)
    if result.raised is None and result.failure is not None and result.by:
        message = result.failure.message
        late = result.by == "timeout"
        error = TimeoutError(message) if late else Blocked(f"{message} (a lesson's {result.by})")
        return Result(at=result.at, raised=error, failure=result.failure, by=result.by)
    return result
