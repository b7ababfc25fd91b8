"""Conditions that split a class: a look tells where a repair is right."""

from collections.abc import Callable, Sequence

from failonce.language.expression import argument
from failonce.language.program import Program, Step
from failonce.proposal.families import families
from failonce.proposal.lab import Ending
from failonce.proposal.repairs import repairs
from failonce.proposal.splitting import split
from tests.made import leading
from tests.proposal.worlds import ARCHIVE, Recorded, Story, call, given


def nowhere(n: int) -> Story:
    """A document that is nowhere: callers make it, and trim it."""
    trim = call("trim", document=f"new-{n}", length=2)
    folders = {"": {"other": "x"}, "/box": {}}
    return given(folders=folders), [trim, call("make", name=f"new-{n}"), trim]


def elsewhere(n: int) -> Story:
    """A document that lies in a folder: callers go there, and see that they want more of it."""
    name = f"old-{n}"
    folders = {"": {"other": "x"}, "/box": {name: "text"}}
    return given(folders=folders), [
        call("trim", document=name, length=2),
        call("go", folder="box"),
        call("trim", document=name, length=3),
    ]


MAKE_IT = Program(steps=(Step(tool="make", arguments=(("name", argument("document")),)),))


def tried(stories: Sequence[Callable[[int], Story]]) -> Program | None:
    """The making of the document, split by what tells where it is right."""
    recorded = Recorded(ARCHIVE, [story(n) for n, story in enumerate(stories)])
    body = leading("trim", MAKE_IT, fingerprint="", message_regex=".")
    cases = recorded.cases("trim")
    endings = [(c, recorded.lab.run(body, c)) for c in cases]
    assert {e for _, e in endings} <= {Ending.CONFIRMED, Ending.CONTRADICTED}
    return split(MAKE_IT, endings, recorded.lab, recorded.study().habits, family=False)


def test_a_search_that_finds_nothing_tells_where_to_make_it() -> None:
    made = tried([nowhere, nowhere, nowhere, elsewhere, elsewhere, elsewhere])
    assert made is not None
    assert [str(c) for c in made.when] == ["find_files_document.matches is empty"]
    assert [look.tool for look in made.looks] == ["find_files"]
    assert made.steps == MAKE_IT.steps


def test_one_witness_of_either_sort_is_nothing_to_tell_apart() -> None:
    assert tried([nowhere, nowhere, nowhere, elsewhere]) is None
    assert tried([nowhere, elsewhere, elsewhere]) is None
    assert tried([nowhere, nowhere]) is None


def test_a_repair_that_would_be_lost_looks_first_instead() -> None:
    stories = [nowhere] * 4 + [elsewhere] * 4
    recorded = Recorded(ARCHIVE, [story(n) for n, story in enumerate(stories)])
    whole = recorded.study()
    found = [str(c.program) for c in repairs(families(whole.cases), recorded.lab, whole.habits)]
    making = [words for words in found if "call make" in words]
    assert making
    assert all("only if find_files_document.matches is empty" in words for words in making)
