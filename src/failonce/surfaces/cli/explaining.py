"""`failonce why`."""

import re
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from failonce.errors import NotFound
from failonce.evidence.capture import EXPORTED
from failonce.model import Evidence, Json
from failonce.ports import SignatureQuery, Store
from failonce.signature.cluster import Form, scope
from failonce.signature.explain import Explanation, Failure, why
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json
from failonce.surfaces.cli.session import session
from failonce.surfaces.grouped import named_by

app = typer.Typer(rich_markup_mode=None)

_ID = re.compile(r"[A-Z]{2}-[0-9A-F]{4,64}|[0-9a-f]{8}[0-9a-f-]{0,28}", re.IGNORECASE)
_LESSON = re.compile(r"[A-Z]{2}-", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What was given, and the failure that it names."""

    what: str
    failure: Failure
    text_only: bool = False


@app.command("why")
def why_(
    a: Annotated[str, typer.Argument(metavar="A", help="An id, or a text.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say why two failures are the same, or not.

    A and B are the id of a recorded call, the id or short id of a class of failures, the id
    of a lesson, or a text of your own. A text beside an id is taken for a failure of the
    same tool and type.
    """
    with session(store) as parts:
        first, second = _side(parts.store, a), _side(parts.store, b)
        among = [
            Form(id=s.id, template=s.template, count=s.hits, scope=scope(s.tool, s.error_type))
            for s in parts.store.signatures(SignatureQuery())
        ]
    first, second = _beside(first, second), _beside(second, first)
    found = why(first.failure, second.failure, among=among)
    if as_json:
        show_json(_record(found))
        return
    for name, side in (("first", first), ("second", second)):
        say(f"The {name} is {side.what}.")
    for sentence in found.sentences():
        say(sentence)


def _side(store: Store, ref: str) -> _Side:
    for e in store.evidence([ref.removeprefix(EXPORTED)]):
        return _of_evidence(e, f"a call of {e.call.tool} in {e.call.session or 'no session'}")
    if not _ID.fullmatch(ref):
        return _Side(
            what="a text", failure=Failure(component="", error_type="", text=ref), text_only=True
        )
    if _LESSON.match(ref):
        return _of_lesson(store, ref.upper())
    digits = ref.replace("-", "").lower()
    near = [
        s for s in store.signatures(SignatureQuery()) if s.id.replace("-", "").startswith(digits)
    ]
    if len({s.id for s in near}) > 1:
        raise NotFound(f"`{ref}` could be {', '.join(s.id for s in near[:5])}. Name one.")
    for s in near:
        for e in store.samples(s.id, limit=1):
            return _of_evidence(e, f"a class of {s.hits:,} failures of {s.tool}")
    raise NotFound(f"Nothing recorded has the id `{ref}`. `failonce failures` lists ids.")


def _of_evidence(e: Evidence, what: str) -> _Side:
    if not e.failed:
        what = f"{what}, which was taken for {e.finding.verdict} and not for a failure"
    return _Side(what=what, failure=named_by(e))


def _of_lesson(store: Store, ref: str) -> _Side:
    lesson = store.lesson(ref)
    if lesson is None:
        raise NotFound(f"There is no lesson `{ref}`. `failonce lessons` lists them.")
    for signature in lesson.proposal.signatures:
        for e in store.samples(signature, limit=1):
            return _of_evidence(e, f"the failure that {lesson.id} was learned from")
    raise NotFound(f"{lesson.id} was not learned from recorded failures, so it names none.")


def _beside(side: _Side, other: _Side) -> _Side:
    """A text has no tool and no type of its own; it takes those of what it stands beside."""
    if not side.text_only or other.text_only:
        return side
    return replace(side, failure=replace(other.failure, text=side.failure.text))


def _record(found: Explanation) -> dict[str, Json]:
    return {
        "same": found.same,
        "a": {"fingerprint": found.a.fingerprint.id, "template": found.a.fingerprint.template},
        "b": {"fingerprint": found.b.fingerprint.id, "template": found.b.fingerprint.template},
        "differences": [{"where": d.where, "a": d.a, "b": d.b} for d in found.differences],
        "sentences": list(found.sentences()),
    }
