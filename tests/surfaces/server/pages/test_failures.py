"""The pages of failures, as a browser without a script gets them."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from failonce.model import Action, Change, Event, Scope
from failonce.ports import SignatureQuery
from failonce.testing.samples import evidence
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.failing import failing


@pytest.fixture
def anna(served: Served) -> Person:
    """Somebody who reviews, where something failed."""
    failing(served.house.main)
    return served.person(Scope.READ, Scope.REVIEW)


def listed(person: Person, query: str = "") -> list[str]:
    """Ids of the failures on a page, in order."""
    return [f["id"] for f in person.get(f"/failures.json{query}").json()["failures"]]


def said(answer: Any) -> str:
    """What the next page says of what was done."""
    assert answer.status_code == 303
    return unquote(answer.headers["set-cookie"])


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["f1", "f3", "f2"]),
        ("?sort=impact", ["f2", "f3", "f1"]),
        ("?sort=-seen", ["f3", "f1", "f2"]),
        ("?sort=-hits", ["f1", "f2", "f3"]),
        ("?sort=nonsense", ["f1", "f3", "f2"]),
        ("?q=brand", ["f3"]),
        ("?tool=put_item", ["f3", "f2"]),
        ("?state=new", ["f3"]),
        ("?state=regressed", ["f1", "f2"]),
        ("?category=unknown&project=shop&q=put", ["f3", "f2"]),
        ("?category=network", []),
        ("?project=none", []),
        ("?offset=50", []),
    ],
)
def test_they_are_filtered_and_sorted_by_the_address(
    anna: Person, query: str, ids: list[str]
) -> None:
    assert listed(anna, query) == ids
    assert anna.get(f"/failures{query}").status_code == 200


def test_a_row_says_what_is_known(anna: Person) -> None:
    """Its numbers, the days, what answers it or why nothing does."""
    view = anna.get("/failures.json").json()
    rows = {f["id"]: f for f in view["failures"]}
    assert view["total"] == 3
    first = rows["f1"]
    assert (first["hits"], first["sessions"], first["sources"]) == (24, 24, 1)
    assert sum(first["trend"]) == 24
    assert first["trend"][-1] == 0
    assert len(first["trend"]) == 30
    assert first["hits_7d"] == sum(first["trend"][-7:])
    assert (first["lesson"]["state"], first["gap"]) == ("on trial", "")
    assert (rows["f2"]["lesson"], rows["f2"]["gap"]) == (None, "no method")
    assert (rows["f3"]["lesson"], rows["f3"]["gap"]) == (None, "")
    assert [rows[x]["mark"] for x in ("f1", "f2", "f3")] == ["regressed", "regressed", "new"]


def test_marks_of_rows_are_those_that_are_filtered_by(anna: Person) -> None:
    """One failure has one mark, however it was found."""
    rows = anna.get("/failures.json").json()["failures"]
    for state in ("new", "regressed"):
        assert {f["id"] for f in rows if f["mark"] == state} == set(listed(anna, f"?state={state}"))


def test_where_nothing_is_recorded_it_says_how_to_begin(served: Served) -> None:
    page = served.person(Scope.READ).get("/failures").text
    assert "curl http://127.0.0.1" in page
    assert "/api/errors" in page
    assert 'href="/integrations"' in page


def test_what_an_error_says_is_no_part_of_the_page(served: Served) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    served.house.main.add(
        [evidence(1, signature="f1", template=hostile, message=hostile, tool="<b>x</b>")]
    )
    person = served.person(Scope.READ)
    for path in ("/failures", "/failures/f1", "/overview", "/gaps"):
        page = person.get(path).text
        assert "<script>alert" not in page
        assert "<b>x" not in page
        assert "\u202e" not in page


def test_the_page_of_one_failure(anna: Person) -> None:
    view = anna.get("/failures/f1.json").json()
    assert view["what"] == "no item <n>"
    assert [x["id"] for x in view["lessons"]] == ["GR-00000001"]
    assert len(view["samples"]) == 5
    assert view["samples"][0]["message"] == "no item 1"
    assert view["samples"][0]["args"] == '{"id":1}'
    assert [s["session"] for s in view["sessions"][:3]] == ["s1", "s2", "s3"]
    assert len(view["sessions"]) == 20
    assert sum(view["failures"]) == 24
    assert len(view["days"]) == 60
    assert view["parts"] == []
    page = anna.get("/failures/f1").text
    for text in ("Why they are one", "Newest failures", "/lessons/GR-00000001", "data-chart"):
        assert text in page


def test_a_gap_says_what_would_help(anna: Person) -> None:
    page = anna.get("/failures/f2").text
    assert "nothing tells them apart" in page
    assert "What would help" in page


def test_merged_and_split_by_form(anna: Person, served: Served) -> None:
    """The failure that remains says what it is made of; a split takes it back."""
    done = anna.post("/failures/f2/merge", into="f3", reason="the same")
    assert done.headers["location"] == "/failures/f3"
    assert "one failure now" in said(done)
    assert listed(anna) == ["f1", "f3"]
    view = anna.get("/failures/f3.json").json()
    assert [(p["id"], p["own"], p["hits"]) for p in view["parts"]] == [
        ("f3", True, 1),
        ("f2", False, 2),
    ]
    assert view["parts"][1]["differs"]
    assert [g["why"] for g in view["gaps"]] == ["no method"]
    assert anna.get("/failures/f2").headers["location"] == "/failures/f3"
    assert served.house.main.recent(limit=1)[0].event.via.startswith("dashboard")
    back = anna.post("/failures/f3/split", part="f2")
    assert back.headers["location"] == "/failures/f2"
    assert sorted(listed(anna)) == ["f1", "f2", "f3"]


def test_another_tool_is_warned_of(anna: Person) -> None:
    assert "different tools" in said(anna.post("/failures/f1/merge", into="f3"))


@pytest.mark.parametrize(
    ("path", "fields", "word"),
    [
        ("/failures/f1/merge", {"into": "none"}, "No failure has the id"),
        ("/failures/none/merge", {"into": "f1"}, "No failure has the id"),
        ("/failures/f1/split", {"part": "f1"}, "cannot be split"),
    ],
)
def test_what_cannot_be_done_is_said_where_the_person_was(
    anna: Person, path: str, fields: dict[str, str], word: str
) -> None:
    done = anna.post(path, **fields)
    assert '"error"' in said(done)
    assert word in said(done)
    assert sorted(listed(anna)) == ["f1", "f2", "f3"]


def test_others_to_merge_with_are_searched_for(anna: Person) -> None:
    """Those of the same tool, unless somebody names words."""

    def found(query: str) -> list[str]:
        return [o["id"] for o in anna.get(f"/failures/f2.json{query}").json()["others"]]

    assert found("") == ["f3"]
    assert found("?like=no+item") == ["f1"]
    assert found("?like=nothing+like+it") == []


def test_who_only_reads_decides_nothing(served: Served) -> None:
    failing(served.house.main)
    reader = served.person(Scope.READ)
    assert "/merge" not in reader.get("/failures/f1").text
    for verb in ("merge", "split", "look"):
        assert reader.post(f"/failures/f1/{verb}", into="f2", part="f2").status_code == 403


def test_an_unknown_failure_is_not_found(anna: Person) -> None:
    assert anna.get("/failures/none").status_code == 404
    assert anna.get("/failures/none.json").status_code == 404


def test_somebody_asks_for_a_look(served: Served) -> None:
    """The projects that have the failure are looked at."""
    failing(served.house.main)
    anna = served.person(Scope.READ, Scope.REVIEW)
    with anna.client:
        assert "Looking for lessons" in said(anna.post("/failures/f1/look"))
        end = time.monotonic() + 60
        while not (found := served.house.main.recent(limit=9, actions=[Action.MINED])):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert [e.event.subject for e in found] == ["shop"]


def test_a_failure_whose_lesson_was_undone_says_so(anna: Person, served: Served) -> None:
    parts = served.parts("mara")
    (old,) = parts.store.lessons()
    parts.review.undo(old.id, reason="it was wrong")
    row = next(f for f in anna.get("/failures.json").json()["failures"] if f["id"] == "f1")
    assert (row["lesson"], row["former"]["id"], row["former"]["state"]) == (None, old.id, "undone")
    page = anna.get("/failures").text
    assert f'href="/lessons/{old.id}">its lesson was undone</a>' in page
    page = anna.get("/failures/f1").text
    assert "Its lesson was undone" in page
    assert f'href="/lessons/{old.id}"' in page
    assert "Nobody looked yet" not in page


def test_a_failure_below_the_limits_was_looked_at(anna: Person, served: Served) -> None:
    """Only a look after its newest failure has seen that one."""
    store = served.house.main
    (f3,) = store.signatures(SignatureQuery(ids=("f3",)))

    def look(after: timedelta) -> str:
        at = f3.last_seen + after
        event = Event(at=at, actor="failonce", action=Action.MINED, subject=f3.project)
        store.commit(Change(events=(event,)))
        return anna.get("/failures/f3").text

    assert "Nobody looked yet" in look(timedelta(hours=-1))
    page = look(timedelta(hours=1))
    assert "Seen too little yet: a lesson needs two sessions or requests" in page
    assert "Nobody looked yet" not in page
    assert "seen too little yet" in anna.get("/failures").text
