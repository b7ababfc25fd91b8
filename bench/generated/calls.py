"""Recorded calls of generated tools, session by session."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from failonce.model import Args, Call, Evidence, Finding, Outcome, Verdict
from failonce.signature.naming import name_failure
from generated.shapes import Shapes
from generated.tools import Defect, Tool, Values, Wrong, zipf

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAYS = 60
"""All sessions begin within so many days, however many there are."""
MENDED = 0.7
"""Share of failures that the caller mends by itself, a call or two later."""
GOOD = Finding(verdict=Verdict.GOOD)


class Calls:
    """Sessions without end: tools by Zipf, the same one often again, a share of failures."""

    def __init__(self, tools: Sequence[Tool], shapes: Shapes, seed: int) -> None:
        self._r = random.Random(seed)
        self._tools = tools
        self._weights = list(accumulate(zipf(len(tools))))
        self._ways = {t.name: list(accumulate(zipf(len(t.defects)))) for t in tools}
        self._shapes = shapes
        self._values = Values(self._r, shapes)
        self._session = 0

    def chunk(self, least: int) -> list[Evidence]:
        """The next whole sessions, together at least so many calls."""
        found: list[Evidence] = []
        while len(found) < least:
            found += self.session()
        return found

    def session(self) -> list[Evidence]:
        """The next session."""
        r, shapes = self._r, self._shapes
        self._session += 1
        name = f"session-{self._session:06}"
        at = START + timedelta(seconds=r.random() * DAYS * 86_400)
        own = self._own(shapes.tools.draw(r))
        made: list[Evidence] = []
        size, tool = shapes.calls.draw(r), own[0]
        while len(made) < size:
            if r.random() > shapes.again:
                tool = r.choice([t for t in own if t is not tool] or own)
            for e in self._task(tool, own):
                at += timedelta(seconds=1 + r.expovariate(0.1))
                number = f"{name}-{len(made)}"
                made.append(replace(e, id=number, at=at, call=replace(e.call, session=name)))
        return made

    def _own(self, count: int) -> list[Tool]:
        """So many tools for a session, those often used several times among them."""
        own: list[Tool] = []
        while len({t.name for t in own}) < count:
            own += self._r.choices(self._tools, cum_weights=self._weights)
        return own

    def _task(self, tool: Tool, own: Sequence[Tool]) -> Iterator[Evidence]:
        """A call that works; or one that fails, and how the caller went on."""
        r = self._r
        args = self._values.args(tool)
        if r.random() >= self._shapes.failures or not tool.defects:
            yield self._good(tool, args)
            return
        (wrong,) = r.choices(tool.defects, cum_weights=self._ways[tool.name])
        args.setdefault(wrong.slot.name, self._values.value(wrong.slot))
        given = dict(args)
        wrong.spoil(given)
        yield self._failed(tool, given, wrong)
        if r.random() < MENDED and wrong.wrong is not Wrong.ABSENT:
            if r.random() < 0.3:
                other = r.choice(own)
                yield self._good(other, self._values.args(other))
            yield self._good(tool, args)

    def _good(self, tool: Tool, args: Args) -> Evidence:
        return Evidence(
            id="",
            at=START,
            call=Call(tool=tool.name, args=args, project="generated"),
            outcome=Outcome.SUCCESS,
            flagged=False,
            finding=GOOD,
            message=self._values.answer(),
            source="generated",
        )

    def _failed(self, tool: Tool, args: Args, wrong: Defect) -> Evidence:
        text = self._values.message(tool, wrong, args)
        named = name_failure(tool=tool.name, error_type="", text=text, args=args)
        return Evidence(
            id="",
            at=START,
            call=Call(tool=tool.name, args=args, project="generated"),
            outcome=Outcome.FAILURE,
            flagged=True,
            finding=Finding(verdict=Verdict.FAILURE, category=wrong.category),
            message=text,
            signature=named.id,
            template=named.template,
            source="generated",
        )
