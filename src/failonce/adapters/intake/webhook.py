"""Webhooks: what GitHub, and what speaks like it, tells of builds and deployments.

| event | component | worked / failed |
|---|---|---|
| `workflow_job` | `workflow / job` | failed with the names of the steps that did |
| `workflow_run` | `workflow` | |
| `check_run` | `app / check` | failed with its title and summary |
| `check_suite` | `app` | not those of GitHub Actions, which are workflow runs |
| `status` | its context | |
| `deployment_status` | `deploy to environment` | |

The project is the repository's full name, the session the run (or commit, or deployment), so what
worked stands beside what failed. Cancelled, skipped and neutral ones, ones that are not over, and
all other events hold nothing to learn from. Of a check run of GitHub Actions the job tells too: it
has the job's identity, so one failure counts once. Any other JSON with a field `error` is an error
event as `ingest_error` takes it (S5).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from failonce.adapters.importers.events import ingest_error
from failonce.adapters.importers.reading import items, mapping, moment, whole_number, word
from failonce.adapters.intake.items import TEXT, Gathered, json_object, named
from failonce.adapters.intake.parsed import Parsed
from failonce.adapters.intake.signed import Delivery, admitted, verified
from failonce.errors import BadInput
from failonce.evidence.bounds import shortened
from failonce.model import Args, Call, Json, Recording

__all__ = ["Delivery", "admitted", "read", "verified"]

SOURCE: Final = "webhook"
STEPS: Final = 5
"""Failed steps of a job that are named."""
_ACTIONS: Final = "github-actions"

_Body = Mapping[str, Json]

_FAILED: Final = MappingProxyType(
    {
        "failure": "failed",
        "error": "ended with an error",
        "timed_out": "timed out",
        "startup_failure": "could not start",
    }
)
"""What is a failure, and how it is told."""


def read(event: str, content: bytes) -> Parsed:
    """What the body of an event tells; `event` is what `X-GitHub-Event` says, or empty.

    Raises `BadInput` for a body that is no JSON object.
    """
    gathered = Gathered(source=SOURCE)
    if content.startswith(b"payload="):
        raise BadInput("the webhook sends a form; set its content type to application/json")
    body = json_object(content, "the webhook's body")
    reader = _READERS.get(event)
    try:
        if reader is not None:
            gathered.add(reader(body))
        elif "error" in body:
            gathered.add(ingest_error(body))
        else:
            gathered.skipped += 1
    except BadInput as error:
        gathered.reject(1, str(error), content[:TEXT])
    return gathered.parsed()


def _job(body: _Body) -> Recording | None:
    job = mapping(body.get("workflow_job"))
    steps = [named(word(step, "name")) for step in map(mapping, items(job.get("steps")))
             if word(step, "conclusion") in _FAILED]  # fmt: skip
    told = f" in step {', '.join(repr(step) for step in steps[:STEPS])}" if steps else ""
    return _recording(
        body,
        _joined(word(job, "workflow_name"), word(job, "name")),
        word(job, "conclusion"),
        told=told,
        args={
            "branch": job.get("head_branch"),
            "labels": [label for label in items(job.get("labels")) if isinstance(label, str)],
        },
        session=word(job, "run_id"),
        id=_identity("job", word(job, "id")),
        times=(job.get("started_at"), job.get("completed_at")),
        attempt=whole_number(job, "run_attempt"),
    )


def _run(body: _Body) -> Recording | None:
    run = mapping(body.get("workflow_run"))
    attempt = whole_number(run, "run_attempt")
    return _recording(
        body,
        word(run, "name") or word(mapping(body.get("workflow")), "name"),
        word(run, "conclusion"),
        args={"branch": run.get("head_branch"), "event": run.get("event")},
        session=word(run, "id"),
        id=_identity("run", word(run, "id"), str(attempt or 1)),
        times=(run.get("run_started_at"), run.get("updated_at")),
        attempt=attempt,
    )


def _check_run(body: _Body) -> Recording | None:
    run = mapping(body.get("check_run"))
    app, suite = mapping(run.get("app")), mapping(run.get("check_suite"))
    output = mapping(run.get("output"))
    said = "\n".join(filter(None, (word(output, "title"), word(output, "summary"))))
    ours = word(app, "slug") == _ACTIONS
    return _recording(
        body,
        _joined("" if ours else word(app, "name", "slug"), word(run, "name")),
        word(run, "conclusion"),
        told=f": {said}" if said else "",
        args={"branch": suite.get("head_branch")},
        session=_run_of(word(run, "details_url")) or word(run, "head_sha"),
        id=_identity("job" if ours else "check", word(run, "id")),
        times=(run.get("started_at"), run.get("completed_at")),
    )


def _check_suite(body: _Body) -> Recording | None:
    suite = mapping(body.get("check_suite"))
    app = mapping(suite.get("app"))
    if word(app, "slug") == _ACTIONS:
        return None
    return _recording(
        body,
        word(app, "name", "slug"),
        word(suite, "conclusion"),
        args={"branch": suite.get("head_branch")},
        session=word(suite, "head_sha"),
        id=_identity("suite", word(suite, "id"), word(suite, "updated_at")),
        times=(suite.get("created_at"), suite.get("updated_at")),
    )


def _status(body: _Body) -> Recording | None:
    said = word(body, "description")
    return _recording(
        body,
        word(body, "context"),
        word(body, "state"),
        told=f": {said}" if said else "",
        args={"branches": [word(mapping(one), "name") for one in items(body.get("branches"))]},
        session=word(body, "sha"),
        id=_identity("status", word(body, "id")),
        times=(body.get("created_at"), body.get("updated_at")),
    )


def _deployment(body: _Body) -> Recording | None:
    status, made = mapping(body.get("deployment_status")), mapping(body.get("deployment"))
    place = word(status, "environment") or word(made, "environment")
    said = word(status, "description")
    return _recording(
        body,
        f"deploy to {place}" if place else "deploy",
        word(status, "state"),
        told=f": {said}" if said else "",
        args={"ref": made.get("ref"), "task": made.get("task")},
        session=word(made, "id"),
        id=_identity("deployment", word(status, "id")),
        times=(made.get("created_at"), status.get("created_at")),
    )


_READERS: Final[Mapping[str, Callable[[_Body], Recording | None]]] = MappingProxyType(
    {
        "workflow_job": _job,
        "workflow_run": _run,
        "check_run": _check_run,
        "check_suite": _check_suite,
        "status": _status,
        "deployment_status": _deployment,
    }
)


def _recording(
    body: _Body,
    component: str,
    conclusion: str,
    *,
    args: Args,
    session: str,
    id: str | None,
    times: tuple[Json, Json],
    told: str = "",
    attempt: int | None = None,
) -> Recording | None:
    """A build as a call that worked or failed; None for one that did neither."""
    failed = conclusion in _FAILED
    if not failed and conclusion != "success":
        return None
    if not component:
        raise BadInput("the event does not name what ran")
    start, end = map(moment, times)
    took = (end - start).total_seconds() * 1000 if start and end else None
    return Recording(
        call=Call(
            tool=named(component),
            args={key: value for key, value in args.items() if isinstance(value, str | list)},
            session=session,
            project=named(word(mapping(body.get("repository")), "full_name")),
        ),
        text=shortened(f"{_FAILED[conclusion]}{told}", TEXT) if failed else conclusion,
        flagged=failed,
        at=end or start,
        id=id,
        duration_ms=took if took is not None and took >= 0 else None,
        attempt=max(attempt or 1, 1),
        source=SOURCE,
    )


def _identity(kind: str, *parts: str) -> str | None:
    return ":".join((kind, *parts)) if all(parts) else None


def _joined(first: str, second: str) -> str:
    return f"{first} / {second}" if first and second else first or second


def _run_of(address: str) -> str:
    """The run that a job's page belongs to: `…/actions/runs/17/job/18`."""
    found = address.partition("/actions/runs/")[2].partition("/")[0]
    return found if found.isdecimal() and len(found) < 20 else ""
