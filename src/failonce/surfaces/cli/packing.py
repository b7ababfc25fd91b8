"""`failonce pack …` and `failonce promote`: lessons from one to another."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.packs import (
    Carried,
    Keys,
    Pack,
    Signed,
    carried,
    dump,
    fingerprint,
    is_pack,
    load,
    origin,
    proposals,
    read,
)
from failonce.compose import Parts
from failonce.compose.reading import data_folder
from failonce.errors import BadInput, Refused
from failonce.evidence.redact import Redactor
from failonce.gate.checks import trusted_words
from failonce.lifecycle import IN_FORCE, WORDS
from failonce.model import EVERYONE, Json, KindName, Lesson
from failonce.receiving import Came, Received
from failonce.surfaces import records
from failonce.surfaces.cli.deciding import LessonId
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting
from failonce.surfaces.cli.session import deciding, named, session

app = typer.Typer(rich_markup_mode=None)
pack = typer.Typer(rich_markup_mode=None)
app.add_typer(pack, name="pack", help="Give lessons to somebody, or take theirs.")

_STAYS = "Recorded calls, errors, proofs and who decided stay here; the texts go as approved."

File = Annotated[Path, typer.Argument(metavar="FILE", help="The pack.")]
Whose = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="NAME",
        help="Of or for this project. Default: the working directory's.",
        show_default=False,
    ),
]


@pack.command()
def make(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to, such as shop.failonce-pack.")
    ],
    lessons: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Which ones. Default: all of the project."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="TEXT",
            help="What it is called. Default: the project, without the way to it.",
            show_default=False,
        ),
    ] = "",
    project: Whose = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write approved lessons into one signed file, for somebody else.

    It holds their texts and what they are for: no recorded call, no error, no proof. A lesson
    that holds what looks like a secret, an address or a path of yours stays behind, and so does
    what nobody approved.
    """
    keys = _keys()
    with session(store) as parts:
        own = named(project or ".", parts.config) or parts.config.project
        looked = [(x, carried(x)) for x in _chosen(parts, lessons or (), own)]
        at = parts.clock.now()
    made = tuple(x for _, x in looked if isinstance(x, Carried))
    behind = {lesson.id: x for lesson, x in looked if isinstance(x, str)}
    quotes = [lesson.id for lesson, x in looked if isinstance(x, Carried) and _quotes(lesson)]
    found = Pack(name=_called(name, own), made_at=at, lessons=made)
    if not made:
        why = "".join(f" {name}: {reason}." for name, reason in behind.items())
        raise BadInput(
            f"No lesson of {own} can leave, so nothing was written.{why} What is approved can: "
            "failonce lessons"
        )
    _write(file, dump(found, keys.own, keys.sign))
    if as_json:
        more = {"file": str(file), "left_behind": behind, "quotes": quotes}
        show_json({**_pack_record(found, keys.own), **more})
        return
    say(f"{plural(len(made), 'lesson')} written to {file}, signed by {fingerprint(keys.own)}")
    for left, reason in behind.items():
        say(f"  {left} stays behind: {reason}")
    say(_STAYS)
    if quotes:
        say(f"Read first what quotes a recording: {', '.join(quotes)}")
        say(f"Next: failonce pack show {shlex.quote(str(file))}")


@pack.command()
def show(file: File, as_json: AsJson = False) -> None:
    """Show what a pack holds, every text in full. Nothing is taken in."""
    keys = _keys()
    found = load(read(file), keys.verify, what=str(file))
    if as_json:
        show_json({**_pack_record(found.pack, found.signer), "trusted": keys.trusts(found.signer)})
        return
    say(f"The pack `{found.pack.name}` of {found.pack.made_at:%Y-%m-%d}")
    trusted = "trusted here" if keys.trusts(found.signer) else "not trusted here"
    say(f"  signed by {fingerprint(found.signer)}, {trusted}")
    for one in found.pack.lessons:
        say(f"\n{_what(one)}")
        say("\n".join(f"    {line}" for line in one.body.splitlines()))


@pack.command()
def take(
    file: File,
    trust: Annotated[
        str,
        typer.Option(
            "--trust",
            metavar="FINGERPRINT",
            help="Trust its signer from now on: compare this with what they tell you.",
            show_default=False,
        ),
    ] = "",
    project: Whose = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try the lessons of a pack on what is recorded here; what passes waits for you.

    None is in force before a person approves it, in any mode. What does harm here is refused,
    and the audit keeps why. The same pack again changes nothing.
    """
    keys = _keys()
    found = load(read(file), keys.verify, what=str(file))
    with deciding(store) as parts:
        _trusted(keys, found, trust)
        own = named(project or ".", parts.config) or parts.config.project
        with waiting("Trying the lessons"):
            ended = parts.loop.receiving.receive(proposals(found, project=own), project=own)
    if as_json:
        show_json(
            {**_pack_record(found.pack, found.signer), "lessons": [_record(x) for x in ended]}
        )
        return
    say(f"{plural(len(ended), 'lesson')} {origin(found)}:")
    for one in ended:
        _tell(one)
    new = sum(x.came is Came.WAITS for x in ended)
    if new:
        say(f"{new:,} {'waits' if new == 1 else 'wait'} for you: failonce lessons")


@pack.command()
def key(as_json: AsJson = False) -> None:
    """Show the fingerprint of your own key, for those who take your packs."""
    own = _keys().own
    if as_json:
        show_json({"fingerprint": fingerprint(own), "public_key": own})
        return
    say(f"You sign as {fingerprint(own)}")
    say("Tell it to whoever takes your packs, by another way than the pack.")


@pack.command()
def signers(as_json: AsJson = False) -> None:
    """List whose packs you trust."""
    found = _keys().trusted()
    if as_json:
        show_json([{"fingerprint": fingerprint(x), "public_key": x} for x in found])
    elif found:
        table(["trusted", "public key"], [(fingerprint(x), x) for x in found])
    else:
        say("You trust nobody else's packs yet. failonce pack take FILE says how.")


@pack.command()
def forget(
    signer: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Whose, or how it begins.")],
    as_json: AsJson = False,
) -> None:
    """Trust somebody's packs no more. What you took from them before stays."""
    gone = _keys().forget(signer)
    if as_json:
        show_json({"fingerprint": gone})
        return
    say(f"Packs signed by {gone} are not trusted any more.")


@app.command()
def promote(id: LessonId, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Try one project's lesson for everyone.

    It is tried on what is recorded of every project, and refused where it would harm one. What
    passes waits; once approved it takes the place of the lessons of projects that say the same.
    """
    with deciding(store) as parts, waiting("Trying it on every project"):
        found = parts.loop.receiving.widen(id)
    if as_json:
        show_json(_record(found))
    elif found.came is not Came.REFUSED:
        _tell(found)
    if found.came is Came.REFUSED:
        raise Refused(f"It is not for everyone: {found.reason}.")


# ------------------------------------------------------------------ inside


def _keys() -> Keys:
    return Keys(data_folder() / "keys")


def _chosen(parts: Parts, refs: Sequence[str], project: str) -> list[Lesson]:
    """The lessons that are named, else those in force in the project."""
    if refs:
        return list({x.id: x for x in map(parts.review.find, refs)}.values())
    return [x for x in parts.store.lessons(project=project) if x.state in IN_FORCE]


def _quotes(lesson: Lesson) -> bool:
    """Whether its text holds words that were recorded, as the gate saw."""
    return any(x.name == trusted_words.__name__ and not x.passed for x in lesson.judgement.checks)


def _called(name: str, project: str) -> str:
    """The pack's name: of a project that is a folder, only the last part."""
    whose = "everyone" if project == EVERYONE else Path(project).name
    return Redactor(emails=True).name(" ".join(name.split()) or whose or "lessons")


def _write(file: Path, data: bytes) -> None:
    """In one step; over an older pack, and over nothing else."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if file.exists() and not (file.is_file() and is_pack(file)):
            raise BadInput(f"{file} is there already and is no pack. Name another file.")
        part.write_bytes(data)
        part.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}. Name another file.") from error


def _trusted(keys: Keys, found: Signed, trust: str) -> None:
    """Raise `Refused` where nobody said that the signer is trusted; `trust` says it now."""
    own = fingerprint(found.signer)
    if trust and "".join(trust.split()).lower() != own.replace(" ", ""):
        raise Refused(f"The pack was signed by {own}, not by {trust}, so nothing of it is taken.")
    if trust:
        keys.trust(found.signer)
    elif not keys.trusts(found.signer):
        raise Refused(
            f"You do not know yet who signed it: {own}. Ask them for theirs (failonce pack key), "
            f"and if it is the same: --trust '{own}'"
        )


def _tell(one: Received) -> None:
    what = f"{one.proposal.name} ({one.proposal.kind} for {one.proposal.target})"
    if one.lesson is None:
        say(f"  refused: {what}: {one.reason}")
        return
    if one.came is Came.KNOWN:
        more = f"; {one.reason}" if one.reason else ""
        say(f"  {one.lesson.id} is here already, {WORDS[one.lesson.state]}: {what}{more}")
        return
    say(f"  {one.lesson.id} waits: {what}")
    if not one.calls and one.proposal.kind is not KindName.TOOL:
        say("    No call is recorded here that it could be tried on.")
        return
    judgement = one.lesson.judgement
    say(f"    {judgement.proof.line}")
    for reason in judgement.reasons:
        say(f"    - {reason}")


def _what(one: Carried) -> str:
    return f"{one.name} ({one.kind} for {one.target})"


def _pack_record(found: Pack, signer: str) -> dict[str, Json]:
    return {
        "name": found.name,
        "made_at": found.made_at.isoformat(),
        "fingerprint": fingerprint(signer),
        "lessons": [asdict(x) for x in found.lessons],
    }


def _record(one: Received) -> dict[str, object]:
    return {
        "came": one.came,
        "kind": one.proposal.kind,
        "target": one.proposal.target,
        "name": one.proposal.name,
        "reason": one.reason,
        "calls": one.calls,
        "lesson": None if one.lesson is None else records.lesson(one.lesson),
    }
