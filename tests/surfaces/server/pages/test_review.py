"""The queue, and the decisions on what is in it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from failonce.model import Action, Mode, Power, Ruling, Scope, State
from failonce.surfaces.server.pages.review import PAGE, best_first
from tests.made import lesson
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.taught import rule, teach


def open_(person: Person, path: str = "/review") -> str:
    found = person.get(path)
    assert found.status_code == 200, found.text
    return str(unescape(found.text))


def ids(page: str) -> list[str]:
    return re.findall(r'<article class="card item[^"]*" id="([^"]+)"', page)


def test_who_comes_is_shown_what_waits(served: Served) -> None:
    assert served.person(Scope.READ).get("/").headers["location"] == "/review"


def test_nothing_waits(served: Served) -> None:
    page = open_(served.person(Scope.READ))
    assert "0 lessons wait." in page
    assert "Nothing waits for you" in page
    assert "failonce mine" in page


@pytest.mark.proves("N14")
def test_the_headline_counts_lessons_and_rules(served: Served) -> None:
    teach(served, "find", "save")
    rule(served)
    page = open_(served.person(Scope.READ))
    assert "3 lessons wait. 1 Pending Rule." in page


def test_a_card_holds_what_one_needs_to_decide(served: Served) -> None:
    (taught,) = teach(served, "find")
    page = open_(served.person(Scope.REVIEW))
    for part in (
        "What it does",
        "Stops the call before it runs.",
        "The text that an approval puts in force",
        "fingerprint:",
        "Is it safe?",
        "What it would have done, on what is recorded",
        "Where it would have been right",
        "in truth",
        "Where it comes from",
    ):
        assert part in page, part
    assert "<b>10</b> calls of <code><bdi>find</bdi></code>: <b>5</b> that worked" in page
    assert f'name="digest" value="{taught.digest}"' in page
    assert "approve all" not in page.lower()


def test_who_may_only_read_decides_nothing(served: Served) -> None:
    (taught,) = teach(served, "find")
    reader = served.person(Scope.READ)
    assert "/approve" not in open_(reader)
    assert reader.post(f"/lessons/{taught.id}/approve").status_code == 403
    assert served.parts().store.lesson(taught.id) == taught


def test_the_next_one_is_open_after_a_decision_and_it_can_be_taken_back(served: Served) -> None:
    teach(served, "a", "b", "c")
    person = served.person(Scope.REVIEW)
    first, second, third = ids(open_(person))
    page = open_(person, f"/review?at={second}")
    fields = dict(re.findall(r'name="(digest|here|after)" value="([^"]*)"', page))
    done = person.post(f"/lessons/{second}/approve", **fields)
    assert done.status_code == 303
    assert done.headers["location"] == f"/review?at={third}#{third}"
    page = open_(person, done.headers["location"])
    assert "Approved: the number of" in page
    assert f'action="/lessons/{second}/undo"' in page, "it can be undone right there"
    assert ids(page) == [first, third]
    assert page.count('aria-current="true"') == 1
    assert "Approved: " not in open_(person), "said once"
    person.post(f"/lessons/{second}/undo", digest=fields["digest"])
    now = served.parts().store.lesson(second)
    assert now is not None
    assert now.state is State.REVERTED


def test_a_rejection_keeps_its_reason(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(
        f"/lessons/{taught.id}/reject", digest=taught.digest, why="too broad", reason="all of them"
    )
    (entry,) = served.parts().store.recent(subject=taught.id, limit=1)
    assert entry.event.action is Action.REJECT
    assert entry.event.reason == "too broad: all of them"
    assert entry.event.actor == "anna"
    assert entry.event.via.startswith("dashboard, ")


def test_a_reason_that_no_page_offers_is_not_taken_for_one(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught.id}/reject", why="<b>", reason="mine")
    (entry,) = served.parts().store.recent(subject=taught.id, limit=1)
    assert entry.event.reason == "mine"


def test_the_second_of_two_reviewers_reads_who_was_first(served: Served) -> None:
    first, other = teach(served, "a", "b")
    anna, ben = served.person(Scope.REVIEW), served.person(Scope.REVIEW, name="ben")
    anna.post(f"/lessons/{first.id}/approve", digest=first.digest)
    late = ben.post(
        f"/lessons/{first.id}/reject",
        digest=first.digest,
        here=f"/review?at={first.id}",
        after=f"/review?at={other.id}",
    )
    page = open_(ben, late.headers["location"])
    assert "It was approved by anna on " in page
    assert "flash error" in page
    page = open_(ben, f"/review?at={first.id}")
    assert re.search(r"does not wait any more: it was approved by <bdi>anna</bdi> <time", page)
    assert [e.event.action for e in served.parts().store.entries(subject=first.id)] == [
        Action.PROPOSE,
        Action.APPROVE,
    ]


def test_what_was_not_read_is_not_decided(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    here = f"/review?at={taught.id}"
    stale = person.post(f"/lessons/{taught.id}/approve", digest="0" * 64, here=here, after="/gaps")
    assert stale.headers["location"] == here, "to be read again"
    assert "has another text than the one you read" in open_(person, here)


def test_a_decision_leads_nowhere_else(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    done = person.post(f"/lessons/{taught.id}/approve", here="//evil.example", after="")
    assert done.headers["location"] == "/"
    assert person.post(f"/lessons/{taught.id}/vanish").status_code == 404


@pytest.mark.parametrize(("term", "days"), [("1d", 1), ("7d", 7)])
def test_what_is_put_off_waits_in_its_own_tab(served: Served, term: str, days: int) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught.id}/snooze", digest=taught.digest, term=term)
    page = open_(person)
    assert "0 lessons wait." in page
    assert ids(page) == []
    assert ids(open_(person, "/review?tab=snoozed")) == [taught.id]
    now = served.parts().store.lesson(taught.id)
    assert now is not None
    assert now.snoozed_until is not None
    left = now.snoozed_until - served.house.clock.now()
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


@pytest.mark.parametrize("day", ["", "yesterday", "2020-01-01", "9999-12-31"])
def test_a_day_that_will_not_do_is_said(served: Served, day: str) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught.id}/snooze", term="day", day=day)
    assert "flash error" in open_(person)
    assert served.parts().store.lesson(taught.id) == taught


def test_more_than_fit_on_a_page(served: Served) -> None:
    teach(served, *(f"tool{i}" for i in range(PAGE + 2)))
    person = served.person(Scope.READ)
    first = ids(open_(person))
    rest = ids(open_(person, f"/review?offset={PAGE}"))
    assert (len(first), len(rest)) == (PAGE, 2)
    assert not set(first) & set(rest)
    assert ids(open_(person, f"/review?at={rest[1]}")) == rest, "the page that holds it"
    assert "21 to 22 of 22" in open_(person, f"/review?offset={PAGE}")


def test_the_best_comes_first() -> None:
    plain = lesson()
    proof = plain.judgement.proof

    def proven(wins: int, power: Power = Power.PASS) -> tuple[object, ...]:
        made = replace(proof, wins=wins, power=power)
        return best_first(replace(plain, judgement=replace(plain.judgement, proof=made)))

    back = best_first(replace(plain, reviewed_at=plain.created_at))
    refused = best_first(replace(plain, judgement=replace(plain.judgement, ruling=Ruling.REJECT)))
    ranked = [back, proven(9), proven(2), proven(30, Power.UNDERPOWERED), refused]
    assert ranked == sorted(ranked)


def test_the_queue_as_json(served: Served) -> None:
    (taught,) = teach(served, "find")
    found = served.person(Scope.READ).get("/review.json").json()
    assert found["waiting"] == 1
    assert found["opened"]["id"] == taught.id
    assert "approve" in found["opened"]["can"]
    assert found["opened"]["history"]["sums"]


def test_the_count_of_what_waits_is_asked_for_alone_and_takes_no_word_away(served: Served) -> None:
    """A page that asks by itself gets both its counts, and what a decision said is still to say."""
    person = served.person(Scope.READ)
    assert "0 lessons wait." in open_(person, "/review/waiting")
    teach(served, "find")
    rule(served)
    found = person.get("/review/waiting")
    assert "2 lessons wait. 1 Pending Rule." in found.text
    assert 'title="2 waiting"' in found.text
    assert "set-cookie" not in found.headers


def test_a_reviewer_looks_for_lessons_from_the_empty_queue(served: Served) -> None:
    """Who may not decide reads the command instead."""
    person = served.person(Scope.READ, Scope.REVIEW)
    assert 'action="/look"' in open_(person)
    assert person.post("/look", next="/review").headers["location"] == "/review"
    assert served.person(Scope.READ, name="ben").post("/look", next="/review").status_code == 403


def test_where_learning_is_off_an_approval_is_said_not_to_act(served: Served) -> None:
    teach(served, "find")
    person = served.person(Scope.READ)
    assert "Learning is off" not in open_(person)
    served.parts("mara").review.set_mode(Mode.OFF)
    assert "what you approve does not act until it is on again" in open_(person)
