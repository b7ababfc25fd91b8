"""Why failures are one class."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Call
from failonce.signature.explain import Failure
from failonce.signature.fingerprint import fingerprint
from failonce.surfaces.grouped import differences, grouping, named_by, pieces
from failonce.testing.samples import evidence


@given(st.lists(st.sampled_from(["<int>", "<arg:id>", " ", "no item", "<", ">", "<b>"])))
def test_pieces_are_the_text(parts: list[str]) -> None:
    """Cut, and nothing else."""
    template = "".join(parts)
    assert "".join(p.text for p in pieces(template)) == template


def test_what_varies_is_marked_with_its_values() -> None:
    """Of arguments by name, of all else by what it is."""
    samples = [
        replace(
            evidence(n, signature="f1"),
            message=f"no item {n}00 for user-{n}@example.com after 30 s",
            call=Call(tool="get_item", args={"item": f"{n}00"}, session="s", project="p"),
        )
        for n in (1, 2)
    ]
    named = named_by(samples[0])
    made = fingerprint(component=named.component, error_type=named.error_type, text=named.text)
    found = grouping(made.template, samples)
    assert [p.text for p in found.pieces if p.masked] == ["<arg:item>", "<email>", "<int>"]
    values = {v.placeholder: v.values for v in found.varies}
    assert values["<arg:item>"] == ("100", "200")
    assert values["<email>"] == ("user-1@example.com", "user-2@example.com")
    assert values["<int>"] == ("30 s",)


def test_differences_are_said_in_sentences() -> None:
    one = Failure(component="get", error_type="KeyError", text="no item <int>")
    assert differences(one, one) == ()
    other = replace(one, component="put", text="no order <int>")
    assert differences(one, other) == (
        "Component: “put” instead of “get”.",
        "Text: “order” instead of “item”.",
    )
