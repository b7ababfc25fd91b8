"""What is done inside the outer namespace for one attack: lay out, run, look."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tests.escape.arena import Arena
from tests.escape.attack import Attack, Ending, Family, Ran, Runs, broke
from tests.escape.bare import Bare
from tests.escape.blind import BLIND
from tests.escape.honest import HONEST
from tests.escape.known import KNOWN
from tests.escape.outer import Inside, Who
from tests.escape.sandboxed import the_sandbox

ATTACKS: Mapping[str, Attack] = {a.name: a for a in (*BLIND, *KNOWN, *HONEST)}


def _runner(name: str, attack: Attack) -> Runs:
    return Bare() if name == "bare" else the_sandbox(canaries=attack.family is Family.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one attack."""

    failure: str = ""
    """What went wrong in the test itself,"""
    hindered: str = ""
    """why the attack was not tried at all,"""
    reached: str = ""
    """what it reached,"""
    left: tuple[str, ...] = ()
    """what it left alive,"""
    ending: str = ""
    said: str = ""
    """and what the runner said of it."""
    took: float = 0.0


def work(inside: Inside, request: Mapping[str, str]) -> dict[str, object]:
    """Try the attack that is asked for with the runner that is asked for."""
    attack = ATTACKS[request["attack"]]
    return asdict(_attacked(attack, inside, request["runner"]))


def _attacked(attack: Attack, inside: Inside, name: str) -> Report:
    runner = _runner(name, attack)
    arena = Arena(
        root=inside.who is Who.ROOT,
        roots_secret=inside.roots_secret,
        limit=attack.limits.seconds,
    )
    hindered = attack.hindered(arena)
    if hindered and (name == "bare" or attack.family is Family.NONE):
        return Report(hindered=hindered)
    args = attack.bait(arena)
    arena.settle()
    begun = time.monotonic()
    raised = ""
    try:
        ran = runner.run(attack.job(args))
    except Exception as error:
        # what the code does must not make the sandbox raise; of the careless runner it says
        # something only where that is what the attack is about
        if name == "bare" and attack.reached is not broke:
            raise
        raised = f"the runner raised {type(error).__name__}: {error}"
        ran = Ran(ending=Ending.DIED)
    arena.took = time.monotonic() - begun
    reached = raised or attack.reached(arena, ran)
    return Report(
        reached=reached[:1000],
        left=tuple(x[:80] for x in arena.left()[:20]),
        ending=ran.ending,
        said=repr((ran.error[:300], ran.value if len(str(ran.value)) < 300 else "long")),
        took=round(arena.took, 3),
    )
