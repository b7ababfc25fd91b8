"""A lesson as the YAML file of the second seed (S19, S20, S29a), and back.

The file is made of values by one serializer, so nothing that an error says can become
structure. What it says of its own status changes nothing: the store is the truth.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from failonce.errors import BadInput
from failonce.identity import digest, letters, slug
from failonce.language import document
from failonce.lifecycle import IN_FORCE
from failonce.model import Json, KindName, Lesson, Proposer, Signature, State
from failonce.projections.own_file import OwnFile

SLUG = 40
"""Most characters of the slug in a file's name."""

_STATUS = {s: str(s) for s in State} | {State.CANARY: "approved", State.STABLE: "approved"}
_ID = re.compile(r"([A-Z]{2})-[0-9A-F]{8,64}")
_KEYS = ("id", "name", "kind", "status", "match", "action", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonFile:
    """What a file says. `body` is the text of the lesson, as reviewed."""

    id: str
    name: str
    kind: KindName
    status: str
    body: str
    dry_run: bool | None
    """Only fixers have it: true until a person or a policy put them in force."""
    hits_7d: int
    hits_30d: int
    impact_score: float
    auto_generated: bool


def candidate_name(error_type: str, component: str) -> str:
    """`KeyError in get_item` (S29a)."""
    return f"{error_type} in {component}"


def file_name(lesson: Lesson) -> str:
    """`GR-1A2B3C4D_keyerror-in-get_item.yaml` (S29a)."""
    words = slug(lesson.proposal.name)[:SLUG].strip("_-") or lesson.proposal.kind
    return f"{lesson.id}_{words}.yaml"


def render(lesson: Lesson, signature: Signature | None = None) -> str:
    """The file's text; counts are 0 where no signature is known."""
    proposal = lesson.proposal
    match, action = _parts(lesson)
    return document.dump(
        {
            "id": lesson.id,
            "name": proposal.name,
            "kind": str(proposal.kind),
            "status": _status(lesson),
            "match": match,
            "action": action,
            "metadata": {
                "hits_7d": signature.hits_7d if signature else 0,
                "hits_30d": signature.hits_30d if signature else 0,
                "impact_score": signature.impact if signature else 0.0,
                "auto_generated": proposal.proposer in (Proposer.MINER, Proposer.MODEL),
            },
        }
    )


def kept(lesson: Lesson, signature: Signature | None = None) -> OwnFile:
    """The same as a file that is kept as the store says; what it is made of is cheap to know."""
    counts = (signature.hits_7d, signature.hits_30d, signature.impact) if signature else (0, 0, 0.0)
    parts = ("lesson-file/1", lesson.id, lesson.proposal.name, lesson.digest, _status(lesson))
    return OwnFile(
        source=digest((*parts, lesson.proposal.proposer, *map(str, counts)), size=8),
        text=lambda: render(lesson, signature),
    )


def parse(text: str) -> LessonFile:
    """Read a file strictly; raises `BadInput` for anything that `render` does not write."""
    parts = document.load(text)
    if set(parts) != set(_KEYS):
        odd = sorted(set(parts) ^ set(_KEYS), key=str)
        raise BadInput(f"The file must hold {', '.join(_KEYS)}; look at `{odd[0]}`.")
    kind = _kind(_text(parts, "kind"))
    name, status = _text(parts, "id"), _text(parts, "status")
    prefix = _ID.fullmatch(name)
    if prefix is None or prefix[1] != letters(kind):
        raise BadInput(f"`{name}` is no id of a {kind}; it begins with `{letters(kind)}-`.")
    if status not in _STATUS.values():
        known = ", ".join(sorted(set(_STATUS.values())))
        raise BadInput(f"`{status}` is no status; it is one of {known}.")
    metadata = _section(parts, "metadata")
    auto = metadata.get("auto_generated")
    if not isinstance(auto, bool) or len(metadata) != 4:
        raise BadInput(
            "`metadata` holds hits_7d, hits_30d, impact_score and auto_generated (true or false)."
        )
    action = dict(_section(parts, "action"))
    dry_run = _dry_run(kind, action)
    return LessonFile(
        id=name,
        name=_text(parts, "name"),
        kind=kind,
        status=status,
        body=_body(kind, _section(parts, "match"), action),
        dry_run=dry_run,
        hits_7d=_hits(metadata, "hits_7d"),
        hits_30d=_hits(metadata, "hits_30d"),
        impact_score=_number(metadata, "impact_score"),
        auto_generated=auto,
    )


def _parts(lesson: Lesson) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """`match` and `action` of the body, in its own order."""
    proposal = lesson.proposal
    if proposal.kind is KindName.RULE:
        return {"component": proposal.target}, {"type": "show", "text": proposal.body}
    if proposal.kind is KindName.TOOL:
        return {"component": proposal.target}, {"type": "tool", "source": proposal.body}
    body = document.load(proposal.body)
    match, action = dict(_section(body, "match")), dict(_section(body, "action"))
    if isinstance(script := action.get("script"), str):
        action["script"] = document.Block(script)
    if proposal.kind is KindName.FIXER:
        action["dry_run"] = not lesson.in_force
    return match, action


def _dry_run(kind: KindName, action: dict[str, Json]) -> bool | None:
    """Taken out of `action`: it belongs to the file and not to the body."""
    if kind is not KindName.FIXER:
        return None
    value = action.pop("dry_run", None)
    if not isinstance(value, bool):
        raise BadInput("A fixer's `dry_run` is true or false.")
    return value


def _body(kind: KindName, match: Mapping[str, Json], action: Mapping[str, Json]) -> str:
    """The kind's own parser judges what the body says."""
    if kind is KindName.TOOL:
        return _text(action, "source")
    if kind is not KindName.RULE:
        return document.dump({"match": match, "action": action})
    if set(match) != {"component"} or set(action) != {"type", "text"} or action["type"] != "show":
        raise BadInput("A rule has `component` to match, and the action `show` with its `text`.")
    return _text(action, "text")


def _status(lesson: Lesson) -> str:
    """The seed's `approved` is what acts; approved bytes that changed since do not."""
    if lesson.state in IN_FORCE and not lesson.in_force:
        return str(State.PROPOSED)
    return _STATUS[lesson.state]


def _kind(word: str) -> KindName:
    try:
        return KindName(word)
    except ValueError:
        raise BadInput(f"`{word}` is no kind; it is one of {', '.join(KindName)}.") from None


def _text(part: Mapping[str, Json], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str):
        raise BadInput(f"`{name}` must be a text.")
    return value


def _section(part: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = part.get(name)
    if not isinstance(value, Mapping):
        raise BadInput(f"The file needs `{name}` with its parts below it.")
    return value


def _number(part: Mapping[str, Json], name: str) -> float:
    value = part.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise BadInput(f"`{name}` must be a number that is not negative.")
    return value


def _hits(part: Mapping[str, Json], name: str) -> int:
    value = _number(part, name)
    if not isinstance(value, int):
        raise BadInput(f"`{name}` must be a whole number.")
    return value
