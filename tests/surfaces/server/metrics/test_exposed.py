"""`GET /metrics`: what it says is what the store holds, and nobody's text is in it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from failonce.adapters.spool import folder_beside
from failonce.adapters.sql_store import store_path
from failonce.lifecycle import MOVES
from failonce.model import Effect, KindName, Proposer, Scope, State
from failonce.ports import SignatureQuery
from failonce.surfaces.report import build, gather
from failonce.surfaces.server.metrics import store as of_store
from tests.looped import call
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.metrics.made import DONE, met, read, value
from tests.surfaces.server.stocked import stock

HOSTILE = 'shop"} 9e9\n# TYPE failonce_lessons counter\nfailonce_lessons{x="\\'


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose store holds some of everything; nothing runs beside it."""
    made = Served(configuration(tmp_path_factory.mktemp("s")))
    stock(made)
    met(made, next(x for x in made.house.main.lessons() if x.state is State.CANARY))
    yield made
    made.house.close()


def scraped(served: Served, **about: str) -> str:
    """What a program with the narrowest scope reads."""
    found = served.program(Scope.METRICS, **about).get("/metrics")
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return str(found.text)


@pytest.mark.proves("S24")
def test_the_six_numbers_are_those_of_the_report(stocked: Served) -> None:
    """Volume a day, distinct classes, proposals a week, share approved, prevented, repaired."""
    text = scraped(stocked)
    report = build(gather(stocked.parts(), None))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert value(text, "failonce_failures_today") == sum(
        bad for day, _, bad in report.daily if day == today
    )
    assert value(text, "failonce_failures_total") == sum(bad for _, _, bad in report.daily) > 0
    assert value(text, "failonce_recorded_calls_total") == sum(n for _, n, _ in report.daily)
    assert value(text, "failonce_signatures") == report.classes > 0
    assert value(text, "failonce_signatures_7d") == report.classes_7d
    assert value(text, "failonce_proposals_total") == report.proposed.total() > 0
    week = "{}-W{:02}".format(*datetime.now(UTC).isocalendar())
    assert value(text, "failonce_proposals_this_week") == report.proposed[week]
    assert value(text, "failonce_approved_total") == report.approved > 0
    assert value(text, "failonce_rejected_total") == report.rejected > 0
    assert value(text, "failonce_approval_ratio") == report.approval_rate
    for effect in Effect:
        told = value(text, "failonce_effects_total", effect=effect)
        assert told == report.effects[effect] == DONE.get(effect, 0)
    assert value(text, "failonce_errors_prevented_total") == DONE[Effect.PREVENTED]
    mended = DONE[Effect.REPAIRED] + DONE[Effect.RECOVERED]
    assert value(text, "failonce_errors_repaired_total") == mended


def test_lessons_and_their_moves_are_counted_by_state(stocked: Served) -> None:
    text, main = scraped(stocked), stocked.house.main
    for kind in KindName:
        for state in State:
            there = [x for x in main.lessons() if (x.proposal.kind, x.state) == (kind, state)]
            assert value(text, "failonce_lessons", kind=kind, state=state) == len(there)
    for action in MOVES:
        entries = list(main.entries(actions=(action,)))
        assert value(text, "failonce_moves_total", action=action) == len(entries)
    assert value(text, "failonce_moves_total", action="undo") == 1


def test_names_are_as_prometheus_wants_them(stocked: Served) -> None:
    """Ours, in base units, sums end with _total, and each says what it is."""
    for family in read(scraped(stocked)).values():
        assert re.fullmatch(r"failonce(_[a-z0-9]+)+", family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert family.type in ("counter", "gauge", "histogram")
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)\b", family.name)
        sums = [s.name for s in family.samples if s.name.endswith("_total")]
        assert family.type == "counter" or not sums, family.name


def test_nothing_that_anybody_wrote_is_in_it(tmp_path: Path) -> None:
    """Neither a project's name, a tool's, an error's nor an address; and nothing new makes rows."""
    served = Served(configuration(tmp_path))
    before = served.program(Scope.METRICS)
    assert before.get("/metrics").status_code == 200
    samples = {
        (s.name, *sorted(s.labels.items()))
        for f in read(before.get("/metrics").text).values()
        for s in f.samples
    }
    parts = served.parts()
    parts.loop.observe(
        [call(HOSTILE, {HOSTILE: 1}, f"{HOSTILE}: {n}", session=f"{HOSTILE}{n}") for n in range(9)],
        modified=datetime.now(UTC),
        project=HOSTILE,
    )
    for n in range(20):
        before.request(f"HACK{n}", f"/{n}/failonce_lessons%22%7D")
        before.get(f"/api/lessons/GR-{n}")
    served.house.slowly._kept.clear()
    text = before.get("/metrics").text
    assert "9e9" not in text
    assert "HACK" not in text
    found = read(text)
    fresh = {
        (s.name, *sorted(s.labels.items())) for f in found.values() for s in f.samples
    } - samples
    routes = {dict(x for x in row[1:]).get("route") for row in fresh}
    assert routes <= {"none", "/api/lessons/{id}", "/metrics", None}
    assert "# TYPE failonce_lessons gauge" in text
    served.house.close()


def test_a_program_that_watches_sees_nothing_else(stocked: Served) -> None:
    watcher = stocked.program(Scope.METRICS)
    for address in ("/api/status", "/api/failures", "/overview", "/api/audit"):
        assert watcher.get(address).status_code in (401, 403), address
    assert watcher.post("/api/errors", json={"error": "x"}).status_code == 403
    for scope in (Scope.READ, Scope.REVIEW, Scope.ADMIN):
        assert stocked.program(scope).get("/metrics").status_code == 200
    assert stocked.program(Scope.INGEST).get("/metrics").status_code == 403
    refused = stocked.anybody().get("/metrics")
    assert refused.status_code == 401
    assert refused.json()["status"] == 401


def test_a_tenant_sees_its_own_store_and_nothing_of_the_server(stocked: Served) -> None:
    text = scraped(stocked, tenant="acme")
    assert value(text, "failonce_failures_total") == 0
    assert value(text, "failonce_store_up") == 1
    others = ("http", "intake", "spool", "sandbox", "mining_look", "otlp")
    begins = tuple(f"failonce_{name}" for name in others)
    assert [name for name in read(text) if name.startswith(begins)] == []
    assert [name for name in read(scraped(stocked)) if name.startswith(begins)] != []


def test_decisions_that_calls_do_not_know_yet_are_told(tmp_path: Path) -> None:
    """What another machine decided stays behind until somebody writes the file here."""
    served = Served(configuration(tmp_path))
    parts, main = served.parts(), served.house.main
    lesson = parts.review.learn(
        "editing", "Read it first.", reason="it failed", proposer=Proposer.AGENT, project="shop"
    )
    parts.catch_up()
    windows = served.config.policy.windows

    def behind() -> int | None:
        return of_store.kept(main, served.house.clock, windows).behind

    assert behind() == 0
    served.granting().make_account("berta", {Scope.READ})
    assert behind() == 0, "who may sign in concerns no call"
    parts.review.approve(lesson.id)
    assert behind() == 0
    file = next(p for p in tmp_path.iterdir() if p.name.endswith(".in-force"))
    told = file.read_bytes()
    parts.review.undo(lesson.id, reason="it did harm")
    file.write_bytes(told)
    assert behind() == 1
    file.write_bytes(b"nothing of the kind")
    assert behind() is None
    file.unlink()
    assert behind() == 2
    served.house.close()


def test_who_mines_and_since_when(tmp_path: Path) -> None:
    served = Served(configuration(tmp_path))
    main, now = served.house.main, served.house.clock.now()
    assert value(scraped(served), "failonce_mining_leases") == 0
    assert value(scraped(served), "failonce_mining_lease_age_seconds") == 0
    main.acquire("prune", "host:1:p", until=now + timedelta(minutes=2), now=now)
    assert value(scraped(served), "failonce_mining_leases") == 0, "who prunes does not mine"
    main.acquire("mine:shop", "host:1:a", until=now + timedelta(minutes=2), now=now)
    first = value(scraped(served), "failonce_mining_lease_age_seconds")
    later = scraped(served)
    assert value(later, "failonce_mining_leases") == 1
    assert value(later, "failonce_mining_lease_age_seconds") > first
    main.release("mine:shop", "host:1:a")
    main.acquire("mine:shop", "host:2:b", until=now + timedelta(minutes=2), now=now)
    again = value(scraped(served), "failonce_mining_lease_age_seconds")
    assert again == pytest.approx(0, abs=0.5), "another run is another run"
    served.house.close()


def test_a_store_that_is_gone_is_told_and_no_error(tmp_path: Path) -> None:
    """The token was good two seconds ago; the numbers of the server are there all the same."""
    served = Served(configuration(tmp_path))
    watcher = served.program(Scope.METRICS)
    assert value(watcher.get("/metrics").text, "failonce_store_up") == 1
    served.house.main.close()
    for file in tmp_path.glob("s.db*"):
        file.unlink()
    found = watcher.get("/metrics")
    assert found.status_code == 200
    assert value(found.text, "failonce_store_up") == 0
    assert "failonce_http_requests_total" in found.text
    served.house.close()


def test_what_hooks_left_is_told(tmp_path: Path) -> None:
    served = Served(configuration(tmp_path))
    assert value(scraped(served), "failonce_spool_bytes") == 0
    folder = folder_beside(store_path(served.config.url))
    folder.mkdir(parents=True)
    (folder / "a.seg").write_bytes(b"x" * 77)
    text = scraped(served)
    assert value(text, "failonce_spool_bytes") == 77
    for reason in ("queue_full", "failed", "lost", "damaged"):
        assert value(text, "failonce_spool_dropped_total", reason=reason) == 0
    served.house.close()


@pytest.mark.slow
def test_what_comes_in_is_counted_by_what_became_of_it(tmp_path: Path) -> None:
    """Through the real processes that store it."""
    served = Served(configuration(tmp_path, mine=False))
    sender = served.program(Scope.INGEST)
    with TestClient(served.app):
        sender.post("/api/errors", json=[{"error": "KeyError: 1"}, {"error": "KeyError: 2"}, {}])
        text = scraped(served)
    told = {
        outcome: value(text, "failonce_intake_reports_total", format="errors", outcome=outcome)
        for outcome in ("new", "refused")
    }
    assert told == {"new": 2, "refused": 1}
    assert value(text, "failonce_intake_bodies_total", outcome="taken") == 1
    assert value(text, "failonce_intake_storing_seconds_count") == 1
    assert value(text, "failonce_intake_queue_bytes") == 0
    assert value(text, "failonce_intake_queue_limit_bytes") == 64 << 20
    assert value(text, "failonce_failures_total") == 2
    assert served.house.main.count(SignatureQuery()) == value(text, "failonce_signatures")
