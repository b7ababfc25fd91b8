# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.EvidenceLog` promises of tools."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.errors import BadInput
from failonce.model import Parameter, ToolSpec
from failonce.ports import Added, Store
from failonce.testing.samples import START

_HOUR = timedelta(hours=1)
_GET = ToolSpec(
    name="mail.get_letter",
    parameters=(
        Parameter(name="id", types=("integer", "null"), required=True),
        Parameter(name="größe", choices=("S", 1, None, True, 2.5)),
        Parameter(name="seen", types=("string",), usual=True),
    ),
    closed=True,
    description="Gets a letter.\nOr two: ✉ 日本",
    read_only=True,
    destructive=False,
    open_world=True,
    digest="d1",
)
_BARE = ToolSpec(name="a")


class ToolConformance:
    """The newest word of a tool on itself is kept, by project."""

    def test_tools_come_back_as_they_went_in(self, store: Store) -> None:
        """Every field, in order of name."""
        assert store.add_tools("p", [_GET, _BARE], START) == Added(new=2)
        assert store.tools("p") == {"a": _BARE, "mail.get_letter": _GET}
        assert list(store.tools("p")) == ["a", "mail.get_letter"]
        (choices,) = (p.choices for p in store.tools("p")["mail.get_letter"].parameters[1:2])
        assert [type(c) for c in choices] == [str, int, type(None), bool, float]

    def test_projects_do_not_see_each_others_tools(self, store: Store) -> None:
        """They may use the same server in two versions."""
        other = replace(_GET, digest="d2")
        store.add_tools("p", [_GET], START)
        store.add_tools("q", [other], START)
        assert store.tools("p")[_GET.name].digest == "d1"
        assert store.tools("q")[_GET.name].digest == "d2"
        assert store.tools("") == {}

    def test_the_newest_word_counts_whenever_it_comes(self, store: Store) -> None:
        """An old recording that is imported late does not bring an old schema back."""
        newer = replace(_GET, digest="d2", parameters=())
        newest = replace(newer, description="Reworded.")
        assert store.add_tools("p", [newer], START) == Added(new=1)
        assert store.add_tools("p", [_GET], START - _HOUR) == Added(duplicates=1)
        assert store.tools("p") == {_GET.name: newer}
        assert store.add_tools("p", [newer, _BARE], START + _HOUR) == Added(new=1, duplicates=1)
        assert store.add_tools("p", [_GET], START) == Added(duplicates=1)
        assert store.add_tools("p", [newest], START + _HOUR) == Added(new=1)
        assert store.tools("p")[_GET.name] == newest
        assert store.add_tools("p", [], START) == Added()

    def test_of_one_batch_the_last_word_counts(self, store: Store) -> None:
        """As of one moment."""
        other = replace(_BARE, read_only=True)
        assert store.add_tools("p", [_BARE, _BARE, other], START) == Added(new=2, duplicates=1)
        assert store.tools("p") == {"a": other}

    def test_a_claim_is_not_the_number_that_equals_it(self, store: Store) -> None:
        """Python takes 1 for true; schemas do not."""
        one, true = (
            replace(_BARE, parameters=(Parameter(name="x", choices=(c,)),)) for c in (1, True)
        )
        store.add_tools("p", [one], START)
        assert store.add_tools("p", [true], START) == Added(new=1)

    def test_a_time_without_a_zone_keeps_no_tool(self, store: Store) -> None:
        """Nobody can say what is newer."""
        with pytest.raises(BadInput, match="time zone"):
            store.add_tools("p", [_BARE], START.replace(tzinfo=None))
        assert store.tools("p") == {}
