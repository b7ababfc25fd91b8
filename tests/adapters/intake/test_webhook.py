"""Webhooks as GitHub sends them, cut down to the fields that are read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.intake import webhook
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from failonce.model import Origin, Recording, Verdict
from tests.adapters.intake.taken import classes, documents, taken

REPOSITORY = {"full_name": "acme/shop"}


def job(conclusion: str = "failure", **fields: Any) -> dict[str, Any]:
    """A job that is over."""
    steps = [
        {"name": "Set up job", "conclusion": "success", "number": 1},
        {"name": "Run tests", "conclusion": conclusion, "number": 2},
        {"name": "Upload", "conclusion": "skipped", "number": 3},
    ]
    return {
        "id": 501, "run_id": 77, "run_attempt": 2, "workflow_name": "CI", "name": "test (3.12)",
        "conclusion": conclusion, "head_branch": "main", "labels": ["ubuntu-latest"],
        "started_at": "2026-03-01T08:00:00Z", "completed_at": "2026-03-01T08:02:00Z",
        "steps": steps, **fields,
    }  # fmt: skip


def read(event: str, **body: Any) -> Parsed:
    """What an event tells."""
    return webhook.read(event, json.dumps({"repository": REPOSITORY, **body}).encode())


def only(parsed: Parsed) -> Recording:
    """The one recording there is."""
    (found,) = parsed.recordings
    return found


def test_a_failed_job_names_its_step() -> None:
    found = only(read("workflow_job", action="completed", workflow_job=job()))
    assert (found.call.tool, found.call.project, found.call.session) == (
        "CI / test (3.12)", "acme/shop", "77",
    )  # fmt: skip
    assert (found.text, found.flagged) == ("failed in step 'Run tests'", True)
    assert found.call.args == {"branch": "main", "labels": ["ubuntu-latest"]}
    assert (found.duration_ms, found.attempt, found.origin) == (120_000.0, 2, Origin.CALL)


def test_it_is_a_failure_and_what_worked_is_its_contrast() -> None:
    """Two runs of one job, the same step: one class; another step, another."""
    other = job(id=503, steps=[{"name": "Build", "conclusion": "failure"}])
    bodies = [
        read("workflow_job", workflow_job=job()),
        read("workflow_job", workflow_job=job(id=502, run_id=78)),
        read("workflow_job", workflow_job=other),
        read("workflow_job", workflow_job=job("success", id=504)),
    ]
    first, second, third, good = classes(*bodies)
    assert first == second != third
    assert third
    assert good is None
    verdicts = [e.finding.verdict for e in taken(*bodies)]
    assert verdicts == [Verdict.FAILURE] * 3 + [Verdict.GOOD]
    assert {e.call.tool for e in taken(*bodies)} == {"CI / test (3.12)"}


@pytest.mark.parametrize("conclusion", ["cancelled", "skipped", "neutral", None, "action_required"])
def test_what_neither_worked_nor_failed_is_skipped(conclusion: str | None) -> None:
    body = {**job(), "conclusion": conclusion}
    assert read("workflow_job", workflow_job=body) == Parsed(recordings=(), rejects=(), skipped=1)


def test_a_check_of_a_job_is_the_same_event_as_the_job() -> None:
    """GitHub tells of it in both ways to whoever asks for both."""
    check = {
        "id": 501, "name": "test (3.12)", "conclusion": "failure", "head_sha": "abc",
        "details_url": "https://github.com/acme/shop/actions/runs/77/job/501",
        "app": {"slug": "github-actions", "name": "GitHub Actions"},
    }  # fmt: skip
    same = taken(read("check_run", check_run=check), read("workflow_job", workflow_job=job()))
    assert len({e.id for e in same}) == 1


def test_a_check_of_another_app_tells_its_summary() -> None:
    check = {
        "id": 9, "name": "lint", "conclusion": "timed_out", "head_sha": "abc",
        "output": {"title": "Too slow", "summary": "gave up after 10 min"},
        "app": {"slug": "tidy", "name": "Tidy"}, "check_suite": {"head_branch": "main"},
    }  # fmt: skip
    found = only(read("check_run", check_run=check))
    assert (found.call.tool, found.call.session) == ("Tidy / lint", "abc")
    assert found.text == "timed out: Too slow\ngave up after 10 min"


@pytest.mark.parametrize(
    ("event", "body", "component", "text", "session"),
    [
        ("workflow_run",
         {"workflow_run": {"id": 77, "name": "CI", "conclusion": "startup_failure"}},
         "CI", "could not start", "77"),
        ("check_suite",
         {"check_suite": {"id": 5, "conclusion": "failure", "head_sha": "abc",
                          "app": {"slug": "tidy", "name": "Tidy"}}},
         "Tidy", "failed", "abc"),
        ("status",
         {"id": 6, "context": "ci/other", "state": "error", "description": "no machine",
          "sha": "abc", "branches": [{"name": "main"}]},
         "ci/other", "ended with an error: no machine", "abc"),
        ("deployment_status",
         {"deployment_status": {"id": 8, "state": "failure", "environment": "prod",
                                "description": "unhealthy"},
          "deployment": {"id": 7, "ref": "main", "task": "deploy"}},
         "deploy to prod", "failed: unhealthy", "7"),
    ],
)  # fmt: skip
def test_other_events_that_fail(
    event: str, body: dict[str, Any], component: str, text: str, session: str
) -> None:
    found = only(read(event, **body))
    assert (found.call.tool, found.text, found.call.session) == (component, text, session)
    assert found.call.project == "acme/shop"
    assert found.flagged


def test_nothing_is_learned_from_other_events() -> None:
    suite = {"conclusion": "failure", "app": {"slug": "github-actions"}}
    assert read("check_suite", check_suite=suite).skipped == 1
    assert read("issues", issue={"title": "it broke"}).skipped == 1
    assert read("ping", zen="x").skipped == 1
    assert read("").skipped == 1


@pytest.mark.proves("S5")
def test_any_other_json_with_an_error_is_an_error_event() -> None:
    found = only(read("", error="disk full", component="backup", tags=["night"]))
    assert (found.call.tool, found.text, found.tags) == ("backup", "disk full", ("night",))
    assert len(read("", error="").rejects) == 1


def test_an_event_that_names_nothing_is_rejected() -> None:
    (reject,) = read("workflow_job", workflow_job={"conclusion": "failure"}).rejects
    assert "does not name what ran" in reject.reason


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"payload=%7B%7D", "application/json"), (b"[]", "no object"), (b"\xff", "not JSON")],
)
def test_what_is_no_json_object_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        webhook.read("workflow_job", content)


_FIELDS = (
    "workflow_job", "workflow_run", "check_run", "check_suite", "deployment_status", "deployment",
    "conclusion", "state", "name", "context", "id", "steps", "app", "slug", "output", "title",
    "started_at", "completed_at", "details_url", "repository", "full_name", "error", "tags", "sha",
    "run_attempt", "branches", "labels", "description",
)  # fmt: skip


@given(
    st.sampled_from(("", "workflow_job", "workflow_run", "check_run", "check_suite", "status",
                     "deployment_status")),
    documents(*_FIELDS),
)  # fmt: skip
def test_any_json_is_read_or_refused(event: str, document: Any) -> None:
    for body in (document, {event: document, "repository": document}):
        try:
            taken(webhook.read(event, json.dumps(body).encode()))
        except BadInput:
            continue


@given(st.text(max_size=20), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(event: str, content: bytes) -> None:
    try:
        taken(webhook.read(event, content))
    except BadInput:
        return
