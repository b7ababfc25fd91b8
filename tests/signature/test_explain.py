"""Why two failures are or are not the same."""

from hypothesis import given

from failonce.signature.cluster import Form, scope
from failonce.signature.explain import Difference, Failure, Part, Same, why
from tests.signature.texts import anything


def failure(text: str, component: str = "disk", error_type: str = "OSError") -> Failure:
    return Failure(component=component, error_type=error_type, text=text)


def test_the_same_signature_says_which_masks_made_it_so() -> None:
    found = why(failure("no /a/b after 3 ms"), failure("no /c after 12 ms"))
    assert found.same is Same.SIGNATURE
    assert found.differences == ()
    assert [(m.mask, m.values) for m in found.b.masks] == [
        ("path", ("/c",)),
        ("quantity", ("12 ms",)),
    ]
    assert found.sentences() == (
        "They are the same failure: their fingerprints are equal.",
        "In the first, the mask 'path' matched '/a/b'.",
        "In the first, the mask 'quantity' matched '3 ms'.",
        "In the second, the mask 'path' matched '/c'.",
        "In the second, the mask 'quantity' matched '12 ms'.",
    )


def test_different_failures_say_what_differs() -> None:
    found = why(failure("KeyError: 'name' 7"), failure("KeyError: 'age' 8 here", "cpu", ""))
    assert found.same is Same.NOTHING
    assert found.differences == (
        Difference(where=Part.COMPONENT, a="disk", b="cpu"),
        Difference(where=Part.ERROR_TYPE, a="OSError", b=""),
        Difference(where=Part.TEXT, a="name", b="age"),
        Difference(where=Part.TEXT, a="", b="here"),
    )
    sentences = found.sentences()
    assert "In the component, the first has 'disk' where the second has 'cpu'." in sentences
    assert "In the error type, only the first has 'OSError'." in sentences
    assert "In the text, only the second has 'here'." in sentences


def test_a_word_that_varies_shows_only_beside_the_others() -> None:
    a, b = failure("no home for alice on this host"), failure("no home for bob on this host")
    assert why(a, b).same is Same.NOTHING
    among = [
        Form(id=n, template=f"no home for {n} on this host", scope=scope("disk", "OSError"))
        for n in ("carol", "dave", "erin", "frank")
    ]
    found = why(a, b, among=among)
    assert found.same is Same.CLUSTER
    assert found.differences == (Difference(where=Part.TEXT, a="alice", b="bob"),)
    elsewhere = [Form(id=f.id, template=f.template, scope="other") for f in among]
    assert why(a, b, among=elsewhere).same is Same.NOTHING


@given(anything, anything)
def test_every_text_has_an_answer_and_it_is_symmetric(a: str, b: str) -> None:
    found, back = why(failure(a), failure(b)), why(failure(b), failure(a))
    assert found.same is back.same
    assert (found.same is Same.SIGNATURE) == (
        found.a.fingerprint.template == found.b.fingerprint.template
    )
    assert found.sentences()
