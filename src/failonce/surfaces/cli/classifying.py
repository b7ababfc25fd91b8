"""`failonce explain`."""

import re
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.evidence.capture import EXPORTED
from failonce.language.category import ATTRIBUTES, cause
from failonce.language.classification import first_row
from failonce.language.signals import Signals, read
from failonce.model import Call, Evidence, Json, KindName, Recording, Verdict
from failonce.ports import SignatureQuery, Store
from failonce.projections.pick_kind import pick_kind
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json
from failonce.surfaces.cli.session import session

app = typer.Typer(rich_markup_mode=None)

_ID = re.compile(r"(?:event:)?[0-9a-f]{8}[0-9a-f-]{0,28}", re.IGNORECASE)


@app.command()
def explain(
    *,
    text: Annotated[
        str, typer.Argument(metavar="FAILURE", help="The text of a failure, or the id of one.")
    ],
    tool: Annotated[
        str, typer.Option("--tool", metavar="NAME", help="The tool that said it.")
    ] = "",
    error_type: Annotated[
        str, typer.Option("--type", metavar="NAME", help="Its exception class.")
    ] = "",
    status: Annotated[
        int | None, typer.Option("--status", metavar="N", help="Its HTTP or JSON-RPC status.")
    ] = None,
    exit_code: Annotated[
        int | None, typer.Option("--exit-code", metavar="N", help="Its exit code.")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say what a failure is taken for, and why.

    The verdict (only a failure is learned from), the cause with what told it, the class that
    it belongs to, and the kinds of lesson that are looked for. Your own patterns in the
    settings classification.category and classification.kind come first. Nothing is stored.
    """
    with session(store) as parts:
        given = Recording(
            call=Call(tool=tool),
            text=text,
            flagged=True,
            error_type=error_type or None,
            status=status,
            exit_code=exit_code,
        )
        recorded = _recorded(parts.store, text) if _ID.fullmatch(text) else None
        if recorded is not None:
            given = replace(
                given,
                call=recorded.call,
                text=recorded.message,
                error_type=error_type or recorded.finding.error_type or None,
            )
        found = _taken(parts, given, recorded)
    if as_json:
        show_json(_meaning(found))
    else:
        _tell(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a failure is taken for."""

    evidence: Evidence
    because: str
    """What decided the cause; empty where it is no failure."""
    kind: KindName | None
    """The only kind of lesson that is looked for, None for any."""
    kind_pattern: str
    usual: KindName
    """What the second seed's table of words makes of it."""
    recorded: Evidence | None
    """What was recorded, where an id was given."""


def _recorded(store: Store, ref: str) -> Evidence | None:
    """The evidence of an id, or the newest of a class; None where nothing has that id."""
    for e in store.evidence([ref.removeprefix(EXPORTED)]):
        return e
    digits = ref.replace("-", "").lower()
    for s in store.signatures(SignatureQuery()):
        if s.id.replace("-", "").startswith(digits):
            return next(iter(store.samples(s.id, limit=1)), None)
    return None


def _taken(parts: Parts, given: Recording, recorded: Evidence | None) -> Taken:
    policy = parts.config.policy
    project = given.call.project or parts.config.project
    (e,) = parts.loop.evidence([given], modified=parts.clock.now(), project=project)
    own = first_row(policy.categories, e.message)
    kind = first_row(policy.kinds, e.template) if e.failed else None
    because = ""
    if e.failed:
        signals = read(
            Signals(
                text=e.message,
                error_type=given.error_type or "",
                status=given.status,
                exit_code=given.exit_code,
            )
        )
        because = f"your pattern {own[0]!r}" if own else cause(signals)[1].value
    return Taken(
        evidence=e,
        because=because,
        kind=kind[1] if kind else None,
        kind_pattern=kind[0] if kind else "",
        usual=pick_kind(e.template, policy.kinds),
        recorded=recorded,
    )


_MEANING = {
    Verdict.GOOD: "no failure",
    Verdict.FAILURE: "a failure: it is learned from",
    Verdict.REJECTION: "a person's no: a preference, and no failure of a tool",
    Verdict.CASCADE: "called off because another call failed, or by a lesson: it teaches nothing",
    Verdict.INFORMATIVE: "news, such as red tests: nothing is learned from it",
}


def _tell(found: Taken) -> None:
    e = found.evidence
    say(f"Taken for  {_MEANING[e.finding.verdict]}")
    if e.failed:
        means = ATTRIBUTES[e.finding.category]
        passing = "passes by itself" if means.transient else "stays until something changes"
        say(f"Cause      {e.finding.category}: it {passing}. Told by {found.because}.")
        say(f"Class      {e.template}")
        say(
            f"           {e.signature}"
            + (f" of type {e.finding.error_type}" * bool(e.finding.error_type))
        )
        if found.kind is None:
            say("Lessons    of any kind that the recorded calls prove")
        else:
            say(f"Lessons    only of kind {found.kind}, by your pattern {found.kind_pattern!r}")
    then = found.recorded
    if then is not None and (then.finding.verdict, then.finding.category) != (
        e.finding.verdict,
        e.finding.category,
    ):
        then_for = f"{then.finding.verdict} ({then.finding.category})"
        say(f"Recorded   as {then_for}; what is recorded stays as it is.")


def _meaning(found: Taken) -> dict[str, Json]:
    e = found.evidence
    return {
        "verdict": e.finding.verdict,
        "category": e.finding.category,
        "because": found.because,
        "error_type": e.finding.error_type,
        "signature": e.signature,
        "template": e.template,
        "kind": found.kind,
        "kind_pattern": found.kind_pattern,
        "usual_kind": found.usual,
        "recorded_as": found.recorded.finding.category if found.recorded else None,
    }
