"""One lesson: its page, its text in a field, a call to try it on."""

from html import unescape

import pytest

from failonce.model import Action, Scope, State
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.taught import rule, teach


def read(person: Person, path: str) -> str:
    found = person.get(path)
    assert found.status_code == 200, found.text
    return str(unescape(found.text))


def test_there_is_no_such_lesson(served: Served) -> None:
    person = served.person(Scope.REVIEW)
    for path in ("", "/edit", "/try", "/history"):
        assert person.get(f"/lessons/GR-00000000{path}").status_code == 404


def test_who_decided_what_from_where_and_why(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught.id}/reject", reason="not like this")
    page = read(person, f"/lessons/{taught.id}")
    assert "Rejected</b> by <bdi>anna</bdi>" in page
    assert "not like this" in page
    assert "dashboard, " in page
    assert f'action="/lessons/{taught.id}/reopen"' in page
    assert f'action="/lessons/{taught.id}/approve"' not in page
    person.post(f"/lessons/{taught.id}/reopen")
    assert "reopened" in read(person, f"/review?at={taught.id}"), "why it waits again"


def test_one_in_force_is_undone_or_reported(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught.id}/approve", digest=taught.digest)
    page = read(person, f"/lessons/{taught.id}")
    assert "in force" in page
    assert "What became of it" in page
    assert f'action="/lessons/{taught.id}/undo"' in page
    for reason in ("it stopped a good call", "and another"):
        person.post(f"/lessons/{taught.id}/wrong", digest=taught.digest, reason=reason)
    now = served.parts().store.lesson(taught.id)
    assert now is not None
    assert now.state is State.PROPOSED, "two reports put it back"
    assert "reported as wrong twice" in read(person, f"/review?at={taught.id}")


def test_the_part_that_takes_time_can_be_asked_for_alone(served: Served) -> None:
    (taught,) = teach(served, "find")
    part = read(served.person(Scope.READ), f"/lessons/{taught.id}/history")
    assert "Is it safe?" in part
    assert "<html" not in part


def test_another_text_waits_and_the_old_one_gives_way(served: Served) -> None:
    old = rule(served)
    person = served.person(Scope.REVIEW)
    assert old.proposal.body in read(person, f"/lessons/{old.id}/edit")
    text = "Read the whole file before you edit it."
    done = person.post(f"/lessons/{old.id}/edit", body=text, digest=old.digest, reason="clearer")
    assert done.status_code == 303
    page = read(person, done.headers["location"])
    assert "The new text waits for approval." in page
    now = served.parts().store.lesson(old.id)
    assert now is not None
    assert (now.version, now.proposal.body, now.state) == (2, text, State.PROPOSED)
    assert "removed: </span></span><bdi>Read a file before" in page, "the diff"


@pytest.mark.parametrize("body", ["no: yaml: [", "", "match: {}", "x" * 100])
def test_what_is_wrong_with_a_text_is_said_beside_it(served: Served, body: str) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    found = person.post(
        f"/lessons/{taught.id}/edit", body=body, digest=taught.digest, reason="my reason"
    )
    assert found.status_code == 422
    page = unescape(found.text)
    assert 'aria-invalid="true"' in page
    assert f"{body}</textarea>" in page, "it is kept"
    assert 'value="my reason"' in page
    assert served.parts().store.lesson(taught.id) == taught


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(served: Served) -> None:
    old = rule(served)
    anna, ben = served.person(Scope.REVIEW), served.person(Scope.REVIEW, name="ben")
    anna.post(f"/lessons/{old.id}/edit", body="Read it all first.", digest=old.digest)
    late = ben.post(f"/lessons/{old.id}/edit", body="Read it twice.", digest=old.digest)
    assert late.status_code == 422
    assert "another text than the one you read" in unescape(late.text)
    assert "Read it twice.</textarea>" in late.text


def test_the_text_of_an_earlier_version_is_proposed_again(served: Served) -> None:
    old = rule(served)
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{old.id}/edit", body="Read it all first.", digest=old.digest)
    page = read(person, f"/lessons/{old.id}")
    assert "Its other versions" in page
    assert f'action="/lessons/{old.id}/again"' in page
    person.post(f"/lessons/{old.id}/again", version="1")
    now = served.parts().store.lesson(old.id)
    assert now is not None
    assert (now.version, now.proposal.body) == (3, old.proposal.body)


def test_a_call_is_tried_and_nothing_comes_of_it(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    assert '"id": "7"' in read(person, f"/lessons/{taught.id}/try"), "one that taught it"
    before = served.parts().store.head()
    stopped = unescape(person.post(f"/lessons/{taught.id}/try", args='{"id": "9"}').text)
    assert "It is stopped, and the caller reads: Give the number." in stopped
    free = unescape(person.post(f"/lessons/{taught.id}/try", args='{"number": 9}').text)
    assert "The lesson leaves it alone." in free
    assert served.parts().store.head() == before
    assert sum(served.parts().store.projects().values()) == 10


@pytest.mark.parametrize("args", ["no json", "[1]", "{", '"x"'])
def test_arguments_that_are_none_are_said_and_kept(served: Served, args: str) -> None:
    (taught,) = teach(served, "find")
    found = served.person(Scope.REVIEW).post(f"/lessons/{taught.id}/try", args=args)
    assert found.status_code == 422
    assert f"{args}</textarea>" in unescape(found.text)
    assert 'aria-invalid="true"' in found.text


def test_all_of_it_as_json(served: Served) -> None:
    (taught,) = teach(served, "find")
    found = served.person(Scope.READ).get(f"/lessons/{taught.id}.json").json()
    assert found["lesson"]["digest"] == taught.digest
    assert [e["what"] for e in found["lesson"]["record"]] == ["proposed"]
    assert found["outcome"] is None
    assert Action.PROPOSE in [e.event.action for e in served.parts().store.entries()]
