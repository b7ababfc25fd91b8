"""Writing hints into a plan: what was applied, what was left out and why (C13, C22a).

result = augment_plan(text, modifications)
result.plan, result.applied, result.skipped, result.marks
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from failonce.errors import BadInput
from failonce.model import Json, Lesson
from failonce.surfaces.plans.from_lessons import from_lesson
from failonce.surfaces.plans.hints import PlanModification
from failonce.surfaces.plans.json_steps import COUNT, MARKED, JsonSteps
from failonce.surfaces.plans.rtfs import Rtfs
from failonce.surfaces.plans.sites import Edit, Format, Read, Slot, edited, written

FORMATS: Final[tuple[Format, ...]] = (JsonSteps(), Rtfs())
"""Every format of plans; the first that a text looks like is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A modification, and at how many calls it was written."""

    modification: PlanModification
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A modification that was not written, or a lesson that is none, and why."""

    reason: str
    modification: PlanModification | None = None
    lesson: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationResult:
    """A plan with its hints (C13). Where nothing was applied it is the plan that was given."""

    plan: str
    format: str
    """Empty where the plan could not be read."""
    applied: tuple[Applied, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unreadable: str = ""
    """Why the plan could not be read, empty where it could."""
    modifications_applied: int = 0
    """Modifications that the plan carries: those now applied and those it was marked with."""

    @property
    def marks(self) -> Mapping[str, Json]:
        """The plan's marks; a plan with a place for them holds them too."""
        count = self.modifications_applied
        return {MARKED: count > 0, COUNT: count}


def augment_plan(
    plan: str,
    changes: Sequence[PlanModification | Lesson],
    *,
    rested: Set[str] = frozenset(),
    format: str | None = None,
) -> AugmentationResult:
    """Write hints at the calls of a plan that they name, and nothing else.

    `changes` are modifications, or lessons of which those in force that are hints count;
    `rested` are the switches of hints that are off (C17). Names match exactly. A call that carries
    a hint already keeps its own, so the same again changes nothing. A plan that cannot be read
    comes back as it was, everything skipped. Raises `BadInput` for a format nobody knows.
    """
    form = _format(plan, format)
    skipped: list[Skipped] = []
    wanted: list[PlanModification] = []
    for change in changes:
        found = from_lesson(change) if isinstance(change, Lesson) else change
        if isinstance(found, str):
            skipped.append(Skipped(reason=found, lesson=getattr(change, "id", "")))
            continue
        if reason := _refused(found, rested):
            skipped.append(_skipped(found, reason))
        else:
            wanted.append(found)
    try:
        read = form.read(plan)
    except BadInput as error:
        return AugmentationResult(
            plan=plan,
            format="",
            skipped=(*skipped, *(_skipped(m, str(error)) for m in wanted)),
            unreadable=str(error),
        )
    return _augmented(plan, form, read, wanted, skipped)


def tools_of(plan: str, *, format: str | None = None) -> tuple[str, ...]:
    """The tools that a plan calls, each once, in order; raises `BadInput` for no plan."""
    return tuple(dict.fromkeys(s.capability for s in _format(plan, format).read(plan).sites))


def _format(plan: str, name: str | None) -> Format:
    if name is None:
        return next(f for f in FORMATS if f.sniff(plan))
    found = next((f for f in FORMATS if f.name == name), None)
    if found is None:
        known = ", ".join(f.name for f in FORMATS)
        raise BadInput(f"There is no format `{name}` of plans; choose one of {known}.")
    return found


def _refused(modification: PlanModification, rested: Set[str]) -> str:
    if reason := modification.refusal():
        return reason
    switch = modification.switch
    return f"`auto_inject.{switch}` switches it off" if switch in rested else ""


def _skipped(modification: PlanModification, reason: str) -> Skipped:
    return Skipped(reason=reason, modification=modification, lesson=modification.lesson)


def _augmented(
    plan: str,
    form: Format,
    read: Read,
    wanted: Sequence[PlanModification],
    skipped: list[Skipped],
) -> AugmentationResult:
    entries: dict[int, list[str]] = {}
    carried = [set(site.slot.keys) for site in read.sites]
    applied: list[Applied] = []
    for modification in wanted:
        key = modification.key
        calls = [n for n, s in enumerate(read.sites) if s.capability == modification.capability_id]
        open_ = [n for n in calls if not read.sites[n].slot.problem]
        free = [n for n in open_ if key not in carried[n]]
        for n in free:
            carried[n].add(key)
            entries.setdefault(n, []).append(form.entry(key, modification.written()))
        if free:
            applied.append(Applied(modification=modification, calls=len(free)))
        elif open_:
            skipped.append(_skipped(modification, f"every such call carries `{key}` already"))
        else:
            why = read.sites[calls[0]].slot.problem if calls else "the plan has no such call"
            skipped.append(_skipped(modification, why))
    edits = [written(form, read.sites[n].slot, said) for n, said in entries.items()]
    count = read.counted + len(applied)
    if applied:
        edits += _marks(form, read, count)
    return AugmentationResult(
        plan=edited(plan, edits),
        format=form.name,
        applied=tuple(applied),
        skipped=tuple(skipped),
        modifications_applied=count,
    )


def _marks(form: Format, read: Read, count: int) -> list[Edit]:
    """The marks of a plan that has a place for them; those that stand there are renewed."""
    if read.marks is None:
        return []
    said: Mapping[str, Json] = {MARKED: True, COUNT: count}
    edits = [
        Edit(start=start, end=end, text=form.entry("", said[key]).partition(": ")[2])
        for key, (start, end) in read.stale.items()
    ]
    new = [form.entry(key, value) for key, value in said.items() if key not in read.stale]
    slot: Slot = read.marks
    return [*edits, written(form, slot, new)] if new else edits
