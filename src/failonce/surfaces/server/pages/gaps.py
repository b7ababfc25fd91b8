"""Gaps: failures that no lesson answers, why, and what would help; and tools that are missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.developing.suggesting import Suggestions, suggest
from failonce.lifecycle import STANDING
from failonce.model import Gap, GapReason, GapStatus, Signature
from failonce.ports import SignatureQuery
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.look import Address
from failonce.surfaces.server.pages.answers import Answer, named
from failonce.surfaces.server.pages.frame import Reader, address_of_page, answer
from failonce.surfaces.server.pages.helping import helps

router = APIRouter()

PAGE: Final = 50
"""Gaps on one page."""
CLOSEST: Final = 2
"""Lessons of the same tool that are named beside a gap."""
SUGGESTED: Final = 50
"""Suggestions for tools that are listed."""
MOST_CALLS: Final = 1_000_000
"""Recorded calls above which tools are not looked at for a page."""
ANSWERED: Final = "answered"
"""What the address calls gaps that are none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One gap: what failed, why nothing was learned, and where."""

    id: str
    tool: str
    what: str
    failure: str
    """The id of the class of failures; empty where somebody asked for something in words."""
    reason: str
    why: str
    """The reason in words."""
    detail: str
    helps: str
    status: str
    attempts: int
    project: str
    at: datetime | None
    closest: Sequence[Answer]
    """Lessons for the same tool, which may be near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsView:
    """The page. `counts` has every reason that there is, the most frequent first."""

    gaps: Sequence[GapRow]
    total: int
    offset: int
    counts: Mapping[str, int]
    answered: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsView:
    """What is missing or weak among the tools."""

    suggestions: Suggestions | None
    """None while they are worked out for the first time."""
    too_many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A part of the page, with an address of its own."""

    label: str
    href: str
    count: int | None
    current: bool


@router.get("/gaps")
@router.get("/gaps.json")
def gaps(
    request: Request,
    who: Reader,
    *,
    project: Annotated[str, Query(max_length=4096)] = "",
    reason: Annotated[str, Query(max_length=100)] = "",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The newest first; those of one reason, or those that were answered since."""
    parts = house_of(request).parts(who)
    view = _view(parts, project, reason, offset)
    return answer(
        request,
        who,
        "gaps.html",
        "Gaps",
        view,
        size=PAGE,
        tabs=_tabs(request, view, reason),
        projects=_projects(parts),
    )


@router.get("/gaps/tools")
@router.get("/gaps/tools.json")
def tools(request: Request, who: Reader) -> Response:
    """What `failonce tools suggest` says."""
    house = house_of(request)
    parts = house.parts(who)
    recorded = parts.store.projects()
    too_many = sum(recorded.values()) > MOST_CALLS
    found = None
    if not too_many:
        key = ("suggestions", who.tenant)
        found = house.slowly.get(key, lambda: house.beside.once(parts, _suggested))
    counts = _view(parts, "", "", 0)
    return answer(
        request,
        who,
        "gaps_tools.html",
        "Gaps",
        ToolsView(suggestions=found, too_many=too_many),
        tabs=_tabs(request, counts, None),
        several=len(recorded) > 1,
    )


def _suggested(parts: Parts) -> Suggestions:
    own = parts.config.project
    return suggest(
        parts.store,
        sorted({*parts.store.projects(), own}),
        here=own,
        least=parts.config.policy.min_clusters,
        limit=SUGGESTED,
    )


def _projects(parts: Parts) -> list[tuple[str, str]]:
    names = parts.store.projects()
    return [("", "All"), *((name, name[-60:]) for name in names)] if len(names) > 1 else []


def _tabs(request: Request, view: GapsView, reason: str | None) -> list[Tab]:
    """One for each reason that there is, and one for tools; None where that one is shown."""
    here = Address(path="/gaps") if reason is None else address_of_page(request)

    def tab(label: str, key: str, count: int) -> Tab:
        href = here.having(reason=key, offset=None)
        return Tab(label=label, href=href, count=count, current=reason == key)

    return [
        tab("All", "", view.open),
        *(tab(_words(key).capitalize(), key, count) for key, count in view.counts.items()),
        *([tab("Answered since", ANSWERED, view.answered)] if view.answered else []),
        Tab(label="Missing tools", href="/gaps/tools", count=None, current=reason is None),
    ]


def _view(parts: Parts, project: str, reason: str, offset: int) -> GapsView:
    every = parts.store.gaps(project=project or None)[::-1]
    left = [g for g in every if g.status is GapStatus.OPEN]
    counts = Counter(g.reason for g in left)
    if reason == ANSWERED:
        chosen = [g for g in every if g.status is not GapStatus.OPEN]
    else:
        chosen = [g for g in left if reason in ("", g.reason)]
    return GapsView(
        gaps=_rows(parts, chosen[offset : offset + PAGE]),
        total=len(chosen),
        offset=offset,
        counts=dict(counts.most_common()),
        answered=len(every) - len(left),
        open=len(left),
    )


def _rows(parts: Parts, part: Sequence[Gap]) -> Sequence[GapRow]:
    store = parts.store
    if not part:
        return ()
    ids = tuple(dict.fromkeys(g.need for g in part))
    found = store.signatures(SignatureQuery(ids=ids))
    known = {(s.project, s.id): s for s in found}
    names = store.aliases()
    by_tool: dict[tuple[str, str], list[Answer]] = {}
    for x in store.lessons(states=STANDING):
        by_tool.setdefault((x.proposal.project, x.proposal.target), []).append(named(x))
    return [_row(g, known.get((g.project, names.get(g.need, g.need))), by_tool) for g in part]


def _row(
    gap: Gap,
    signature: Signature | None,
    by_tool: Mapping[tuple[str, str], Sequence[Answer]],
) -> GapRow:
    tool = "" if signature is None else signature.tool
    return GapRow(
        id=gap.id,
        tool=tool,
        what=gap.need if signature is None else signature.template,
        failure="" if signature is None else signature.id,
        reason=gap.reason,
        why=_words(gap.reason),
        detail=gap.detail,
        helps=helps(gap.reason) if gap.status is GapStatus.OPEN else "",
        status=gap.status,
        attempts=gap.attempts,
        project=gap.project,
        at=gap.at,
        closest=by_tool.get((gap.project, tool), ())[:CLOSEST],
    )


def _words(reason: GapReason | str) -> str:
    return reason.replace("_", " ")
