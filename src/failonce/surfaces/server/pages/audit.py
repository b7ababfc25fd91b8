"""Audit: every decision, newest first, and whether the record is what was written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from failonce.model import Action, AuditEntry
from failonce.ports import Store
from failonce.surfaces import records
from failonce.surfaces.auditing import verified
from failonce.surfaces.server.house import Checked, house_of
from failonce.surfaces.server.pages.frame import Reader, answer, go
from failonce.surfaces.told import label, told
from failonce.surfaces.words import counted

router = APIRouter()

PAGE: Final = 50
"""Entries on one page."""
_BATCH: Final = 1000
"""Entries that an export reads at a time."""
_HEAD: Final = 12
"""Characters of a hash that people compare."""
_PLACES: Final[Mapping[str, str]] = {"dashboard": "dashboard,", "api": "api,", "machine": ""}
"""Where somebody decided, and how `via` begins then."""

Text = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One decision, in words."""

    seq: int
    at: datetime
    actor: str
    said: str
    """`approved Rule for crm`."""
    lesson: str
    """The id of the lesson that it is about; empty where about none."""
    via: str
    reason: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is known of the record as a whole."""

    entries: int
    head: str
    checked_at: datetime | None = None
    """When somebody last had it verified, since the server started."""
    checked: int = 0
    """Entries that held then."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """The page."""

    chain: Chain
    entries: Sequence[EntryRow]
    actions: Sequence[tuple[str, str]]
    older: int | None
    """The place before which the next page begins; None on the last one."""


@router.get("/audit")
@router.get("/audit.json")
def audit(
    request: Request,
    who: Reader,
    *,
    action: Annotated[Literal[""] | Action, Query()] = "",
    actor: Text = "",
    of: Text = "",
    place: Annotated[Literal["", "dashboard", "api", "machine"], Query(alias="from")] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The newest first; `of` is a lesson or a project."""
    house = house_of(request)
    store = house.store(who.tenant)
    found = store.recent(
        limit=PAGE + 1,
        before=before,
        actions=(Action(action),) if action else (),
        actor=actor or None,
        subject=of or None,
        via=_PLACES[place] if place else None,
    )
    view = AuditView(
        chain=_chain(store, house.checked.get(who.tenant)),
        entries=_rows(store, found[:PAGE]),
        actions=sorted(((str(x), label(x)) for x in Action), key=lambda x: x[1]),
        older=found[PAGE - 1].seq if len(found) > PAGE else None,
    )
    return answer(request, who, "audit.html", "Audit", view)


@router.post("/audit/verify")
def verify(request: Request, who: Reader) -> Response:
    """Read the whole record, and every lesson against it."""
    house = house_of(request)
    report = verified(house.store(who.tenant))
    house.checked[who.tenant] = Checked(at=house.clock.now(), report=report)
    if report.intact:
        said = f"The audit holds: {counted(report.entries, 'entry', 'entries')}."
        return go(request, "/audit", said)
    return go(request, "/audit", f"The audit does not hold. {report.problem}", kind="error")


@router.get("/audit/export.json")
def export(request: Request, who: Reader) -> Response:
    """Every entry, oldest first, as one list."""
    store = house_of(request).store(who.tenant)
    return StreamingResponse(
        _exported(store),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="failonce-audit.json"'},
    )


def _exported(store: Store) -> Iterator[str]:
    after, between = 0, "[\n"
    # In parts: whoever reads slowly would hold the store open.
    while part := list(islice(store.entries(after=after), _BATCH)):
        for entry in part:
            yield between + json.dumps(records.entry(entry))
            between = ",\n"
        after = part[-1].seq
    yield "[]\n" if not after else "\n]\n"


def _chain(store: Store, checked: Checked | None) -> Chain:
    newest = store.recent(limit=1)
    entries, head = (newest[0].seq, newest[0].hash[:_HEAD]) if newest else (0, "")
    if checked is None:
        return Chain(entries=entries, head=head)
    return Chain(
        entries=entries,
        head=head,
        checked_at=checked.at,
        checked=checked.report.entries,
        problem=checked.report.problem,
    )


def _rows(store: Store, entries: Sequence[AuditEntry]) -> Sequence[EntryRow]:
    names: dict[str, str] = {}
    for subject in {e.event.subject for e in entries if e.event.version}:
        lesson = store.lesson(subject)
        names |= {} if lesson is None else {subject: lesson.proposal.name}
    tokens: dict[str, str] = {}
    if any(e.event.subject.startswith("token:") for e in entries):
        tokens = {f"token:{x.id}": f"the token {x.name} ({x.id})" for x in store.tokens()}
    return [
        EntryRow(
            seq=e.seq,
            at=e.event.at,
            actor=e.event.actor or "somebody",
            said=told(e.event, (names | tokens).get(e.event.subject, "")),
            lesson=e.event.subject if e.event.subject in names else "",
            via=e.event.via,
            reason=e.event.reason,
            hash=e.hash[:_HEAD],
        )
        for e in entries
    ]
