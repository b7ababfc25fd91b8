"""What leaves is what a person approved, and nothing of the machine that it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.adapters.packs import Carried, Pack, Signed, carried, proposals
from failonce.identity import body_digest
from failonce.model import KindName, Proposer, State
from tests.kinds.fixer.scripts import patch, script
from tests.made import START, lesson, proposal

RULE = proposal(signatures=("s1",))


def test_it_arrives_with_the_text_that_left_and_nothing_else() -> None:
    mine = replace(RULE, reason="Seen on host db-7", support=("e1",), support_clusters=("run-9",))
    one = carried(lesson(mine, state=State.STABLE))
    assert isinstance(one, Carried)
    whole = Signed(
        failonce_pack=Pack(name="shop", made_at=START, lessons=(one,)),
        signer="ab" * 32,
        signature="cd" * 64,
    )
    (found,) = proposals(whole, project=mine.project)
    assert body_digest(found) == body_digest(mine)
    assert (found.key, found.name, found.signatures) == (mine.key, mine.name, ("s1",))
    assert found.proposer is Proposer.IMPORT
    assert found.reason.startswith("from the pack `shop`, signed by ")
    assert "db-7" not in repr(whole)
    assert "run-9" not in repr(whole)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"body": "Use the key gh" + "p_" + "a1B2" * 9}, "secret"),
        ({"body": "Write to ann@example.org first."}, "address"),
        ({"name": "for ann@example.org"}, "address"),
        ({"body": "Look in /home/ann/notes first."}, "home"),
        ({"body": "Look in /Users/ann first."}, "home"),
        ({"body": r"Look in C:\Users\ann first."}, "home"),
        ({"key": "look in /root/.ssh"}, "home"),
        ({"kind": KindName("quota")}, "quota"),
        ({"kind": KindName.HINT, "body": "match: ["}, "line"),
    ],
)
def test_what_is_of_this_machine_alone_stays_behind(fields: dict[str, str], said: str) -> None:
    why = carried(lesson(replace(RULE, **fields), state=State.CANARY))  # type: ignore[arg-type]
    assert isinstance(why, str)
    assert said in why


@pytest.mark.parametrize("state", [s for s in State if s not in (State.CANARY, State.STABLE)])
def test_what_is_not_in_force_stays_behind(state: State) -> None:
    assert carried(lesson(RULE, state=state)) == "it is not in force"


def test_what_nobody_approved_or_was_changed_since_stays_behind() -> None:
    held = lesson(RULE, state=State.CANARY)
    alone = replace(held, valid_until=START + timedelta(days=1))
    assert carried(alone) == "no person approved it yet"
    changed = replace(held, proposal=replace(RULE, body="Delete the file."))
    assert carried(changed) == "it is not in force"


def test_a_script_that_mends_a_repository_stays_behind() -> None:
    body = patch(script()).render()
    mends = replace(RULE, kind=KindName.FIXER, target="shop.orders", body=body)
    assert "one repository" in str(carried(lesson(mends, state=State.STABLE)))
