"""Sessions: what was done before a call, or not, that tells whether it will fail.

failing   the tool failed so the last times, whatever it was asked: it is down, in this session
unless    the file was not read before, nobody logged in: what nearly every working call had
          behind it, and most of the failing ones had not

The first was seen, so a guardrail may stop the call; the second was not, for it may have been
done elsewhere, so the lesson only warns. Either holds on hardly any call that worked.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from zlib import crc32

from failonce.kinds.behaviour import Situation
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.recent import Unless, streak
from failonce.language import pattern
from failonce.language.category import ATTRIBUTES
from failonce.language.predicate import Predicate
from failonce.model import Args, Evidence, Json, KindName, Proposal
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal.drafting import draft
from failonce.proposal.lab import Case, Lab
from failonce.proposal.study import Study
from failonce.trial import situations

TIMES: Final = (1, 2, 3)
"""Failures in a row after which the next call may be in vain."""
IN_VAIN: Final = 3
"""Calls that failed so once more, for each that worked then after all."""
STILL: Final = "The same is likely until its cause is gone; another tool may do"
"""What a caller reads of a tool that is down."""
MIN_CLUSTERS: Final = 3
"""Witnesses in which a warning would have been right, and those needed to stop a call."""
MIN_DOWN: Final = 2
"""The same for a warning that a tool is down: each has failed several times."""
MOST_GOOD: Final = 0.01
"""Share of the working calls before which a warning may be shown."""
MOST_FAILED: Final = 0.5
"""Share of the failures that must have had nothing of it behind them."""
MIN_GOOD: Final = 20
"""Working calls that it must have been looked for before."""
MOST_TOOLS: Final = 4
SAMPLE: Final = 250
"""Working calls of a tool, and failures of a class, of which hardly more than so many are
looked at, spread over the history."""
LONGEST: Final = 300
"""Characters of a value that is looked for in earlier calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """A call, and which tools worked before it in its session, by the values they were given."""

    args: Args
    tools_of: Mapping[Json, Set[str]]
    every: Set[str]

    def tools(self, same: str) -> Set[str] | None:
        """Which tools worked, with the same value where one is named; None for no value."""
        if not same:
            return self.every
        value = self.args.get(same)
        return self.tools_of.get(value, _NONE) if _comparable(value) else None


_NONE: Final[frozenset[str]] = frozenset()


def _before(situation: Situation) -> _Before:
    tools_of: dict[Json, set[str]] = defaultdict(set)
    every: set[str] = set()
    for past in situation.past:
        if past.answer.worked:
            every.add(past.call.tool)
            for value in (past.call.args or {}).values():
                if _comparable(value):
                    tools_of[value].add(past.call.tool)
    return _Before(
        args=situation.call.args or {},
        tools_of=dict(tools_of),
        every=every,
    )


def _comparable(value: Json) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST and "<redacted:" not in value
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(slots=True)
class _Worked:
    """What lay behind the working calls of one tool."""

    after: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By class: how many worked after so many failures in a row."""
    before: list[_Before] = field(default_factory=list)
    """A sample, spread over the history."""
    _tools: dict[str, Sequence[Set[str] | None]] = field(default_factory=dict)

    def tools(self, same: str) -> Sequence[Set[str] | None]:
        """Which tools had worked before the calls of the sample."""
        if same not in self._tools:
            self._tools[same] = [b.tools(same) for b in self.before]
        return self._tools[same]


def mine(study: Study, mended: Iterable[str], wording: Wording) -> Iterator[Proposal]:
    """Guardrails of classes that nothing repairs; `mended` are the others."""
    answered = set(mended)
    wanted = [
        cases
        for cases in study.worthwhile(MIN_DOWN)
        if cases[0].failure.signature not in answered
        and not ATTRIBUTES[cases[0].failure.category].transient
    ]
    worked = _worked(study, {_tool(cases) for cases in wanted})
    for cases in wanted:
        behind = worked[_tool(cases)]
        down = _down(cases, behind.after)
        if down is not None:
            times, own, strength = down
            guard = _guard(cases[0], strength, failing=times)
            last = "call" if times == 1 else f"{times} calls"
            condition = f"its last {last} in the session had just failed with this error"
            yield _proposed(guard, own, condition, wording, STILL)
        found = _unless(cases, behind.tools, study.lab)
        if found is not None:
            unless, own = found
            guard = _guard(cases[0], Strength.WARN, unless=unless)
            yield _proposed(guard, own, str(unless), wording)


def _tool(cases: Sequence[Case]) -> str:
    return cases[0].evidence.call.tool


def _worked(study: Study, tools: set[str]) -> Mapping[str, _Worked]:
    """One look at every call, and a closer one at those that follow a failure of their tool."""
    found = {tool: _Worked() for tool in tools}
    chosen = {e.id for tool in tools for e in _sample(study.good.get(tool, ()))}
    failing: set[tuple[str, str]] = set()
    for e, situation in situations(study.calls):
        tool = e.call.tool
        if tool not in tools:
            continue
        here = (e.call.session, tool)
        if e.failed:
            failing.add(here)
        elif e.good:
            if e.id in chosen:
                found[tool].before.append(
                    study.lab.once(("before", e.id), partial(_before, situation))
                )
            if here in failing:
                failing.discard(here)
                last = _last(situation)
                count = streak(situation, last) if last else 0
                found[tool].after.update((last, n) for n in TIMES if n <= count)
    return found


def _sample(good: Sequence[Evidence]) -> Iterator[Evidence]:
    """Some calls by their ids alone, so that those of a part are among those of the whole."""
    every = 1 << max(0, (len(good) // SAMPLE).bit_length() - 1)
    return (e for e in good if crc32(e.id.encode()) % every == 0)


def _last(situation: Situation) -> str:
    """The class in which the last call of the tool failed; empty where it did not."""
    for past in reversed(situation.past):
        if past.call.tool == situation.call.tool:
            failure = past.answer.failure
            if failure is None or failure.signature:
                return "" if failure is None else failure.signature
    return ""


# --------------------------------------------------------------------- failing


def _down(
    cases: Sequence[Case], after: Counter[tuple[str, int]]
) -> tuple[int, list[Case], Strength] | None:
    """After how many failures in a row the next call fails too, and how sure that is."""
    signature = cases[0].failure.signature
    for times in TIMES:
        own = [c for c in cases if streak(c.situation, signature) >= times]
        clusters = {c.cluster for c in own}
        worked = after[signature, times]
        if len(clusters) < MIN_DOWN:
            return None
        if len(own) >= IN_VAIN * max(1, worked):
            sure = times > 1 and not worked and len(clusters) >= MIN_CLUSTERS
            return times, own, Strength.BLOCK if sure else Strength.WARN
    return None


# ---------------------------------------------------------------------- unless


def _unless(
    cases: Sequence[Case], good: Callable[[str], Sequence[Set[str] | None]], lab: Lab
) -> tuple[Unless, list[Case]] | None:
    """What nearly all working calls had behind them, and most of these had not."""
    if len({c.cluster for c in cases}) < MIN_CLUSTERS:
        return None
    some = cases[:: 1 + len(cases) // SAMPLE]
    before = [lab.once(("before", c.evidence.id), partial(_before, c.situation)) for c in some]
    best: tuple[Unless, list[Case]] | None = None
    for same in ("", *sorted(cases[0].evidence.call.args or {})):
        tools = _tools([b.tools(same) for b in before], good(same))
        if not tools:
            continue
        unless = Unless(tools=tools, same=same)
        own = [c for c in cases if not unless.happened(c.situation)]
        told = len({c.cluster for c in own})
        if told >= MIN_CLUSTERS and (best is None or told > len({c.cluster for c in best[1]})):
            best = unless, own
    return best


def _tools(failed: Sequence[Set[str] | None], worked: Sequence[Set[str] | None]) -> tuple[str, ...]:
    """The fewest tools of which nearly every working call had one behind it, and few others.

    Taken one by one, each the one that most working calls have and fewest failing ones.
    """
    chosen: list[str] = []
    bad = [f for f in failed if f is not None]
    good = [w for w in worked if w is not None]
    limit = MOST_GOOD * len(good)
    if len(bad) < len(failed) or 2 * len(good) < len(worked) or len(good) < MIN_GOOD:
        return ()
    left, missing = good, bad
    while len(left) > limit and len(chosen) < MOST_TOOLS:
        seen = Counter(t for had in left for t in had)
        wrong = Counter(t for had in missing for t in had)
        gain = {t: n / len(left) - wrong[t] / max(1, len(missing)) for t, n in seen.items()}
        best = min(gain, key=lambda t: (-gain[t], t), default=None)
        if best is None or gain[best] <= 0:
            return ()
        chosen.append(best)
        left = [had for had in left if best not in had]
        missing = [had for had in missing if best not in had]
    if len(left) > limit or len(missing) < MOST_FAILED * len(bad):
        return ()
    return tuple(sorted(chosen))


# ------------------------------------------------------------------- proposals


def _guard(
    first: Case,
    strength: Strength,
    *,
    failing: int = 0,
    unless: Unless | None = None,
) -> Guardrail:
    return Guardrail(
        component=first.evidence.call.tool,
        when=Predicate(),
        fingerprint=first.failure.signature,
        message_regex=pattern.from_template(first.failure.template),
        strength=strength,
        message="",
        failing=failing,
        unless=unless,
    )


def _proposed(
    guard: Guardrail, own: Sequence[Case], condition: str, wording: Wording, instead: str = ""
) -> Proposal:
    first = own[0]
    blocks = guard.strength is Strength.BLOCK
    slots = Slots(
        tool=guard.component,
        template=first.failure.template,
        condition=condition,
        error_type=first.failure.error_type,
        category=first.failure.category,
        failures=len(own),
        sessions=len({c.cluster for c in own}),
    )
    phrase = Phrase.GUARDRAIL_MESSAGE if blocks else Phrase.GUARDRAIL_WARNING
    message = wording.say(phrase, replace(slots, steps=instead))
    how = "down" if guard.failing else "unless"
    return draft(
        own,
        kind=KindName.GUARDRAIL,
        target=guard.component,
        key=f"{how}:{guard.fingerprint}",
        name=wording.say(Phrase.GUARDRAIL_NAME, slots),
        body=replace(guard, message=message).render(),
        reason=wording.say(Phrase.REASON, slots),
    )
