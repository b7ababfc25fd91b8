"""Kinds by name: five are built in, and any plain word may name another one."""

import pickle
from copy import deepcopy

import pytest

from failonce.errors import BadInput
from failonce.identity import lesson_id
from failonce.kinds.registry import BUILT_IN, KINDS, Kind, Kinds, behaviour
from failonce.kinds.rule import Rule
from failonce.model import KindName
from tests.made import proposal

OTHER = KindName("reminder")


def test_a_name_is_one_object_however_it_is_come_by() -> None:
    assert KindName("reminder") is OTHER
    assert pickle.loads(pickle.dumps(OTHER)) is OTHER  # noqa: S301 - our own bytes
    assert deepcopy(OTHER) is OTHER
    assert (f"{OTHER}", OTHER == "reminder", OTHER is KindName.RULE) == ("reminder", True, False)
    assert len(KindName) == 5
    assert OTHER not in list(KindName)


@pytest.mark.parametrize("word", ["", "a", "Rule", "two words", "re-minder", "x" * 40, "ru\nle"])
def test_what_is_no_plain_word_names_no_kind(word: str) -> None:
    with pytest.raises(ValueError, match="is not a valid KindName"):
        KindName(word)


def test_ids_begin_with_letters_of_the_kind() -> None:
    begin = {lesson_id(proposal(kind))[:3] for kind in (*KindName, OTHER)}
    assert begin == {"RU-", "GR-", "FX-", "HI-", "TO-", "RE-"}


def test_a_kind_comes_and_goes() -> None:
    written = proposal(OTHER)
    with pytest.raises(BadInput, match="no lessons of kind `reminder`"):
        behaviour(written)
    KINDS.register(Kind(name=OTHER, parse=Rule.parse, place=3, yaml=False))
    try:
        assert behaviour(written).summary() == written.body
        with pytest.raises(BadInput, match="already"):
            KINDS.register(Kind(name=OTHER, parse=Rule.parse, place=3))
    finally:
        KINDS.unregister(OTHER)
    with pytest.raises(BadInput):
        behaviour(written)


def test_who_knows_others_is_asked_once() -> None:
    kinds, asked = Kinds(*BUILT_IN), []
    kinds.elsewhere = lambda: asked.append(1)
    assert kinds.find(KindName.HINT).bounded
    for _ in range(2):
        with pytest.raises(BadInput):
            kinds.find(OTHER)
    assert asked == [1]
