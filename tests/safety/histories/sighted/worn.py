"""A gate that wears: what is done and undone there is not as before."""

from failonce.testing import ScriptedWorld, ToolFailed
from failonce.testing.world import Facts
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import Tape
from tests.safety.telling import makes
from tests.safety.written import calls, result, step

Given = dict[str, object]


def _pass(facts: Facts, args: Given) -> str:
    if not facts["up"]:
        raise ToolFailed("Error: the gate is down")
    return f"{args['car']} passed"


def _lift(facts: Facts, _: Given) -> str:
    facts["up"] = True
    facts["worn"] += 1
    return "up"


GATE = ScriptedWorld(
    {
        "pass_gate": _pass,
        "lift_gate": _lift,
        "lower_gate": lambda facts, _: str(facts.update(up=False) or "down"),
        "get_gauge": lambda facts, _: str(
            facts.update(asked=facts["asked"] + 1) or facts.update(worn=facts["worn"] + 1)
            if facts["asked"] % 3 == 2
            else facts.update(asked=facts["asked"] + 1) or "calm"
        ),
    },
    {"up": False, "worn": 0, "asked": 0},
)
"""A gate that wears whenever it is lifted, and a gauge that wears at every third look."""


def _gate(t: Tape) -> None:
    for _ in t.sessions(36):
        car = t.code("C")
        t.do("pass_gate", {"car": car})
        t.do("lift_gate", {})
        t.do("pass_gate", {"car": car})
        t.do("lower_gate", {})
    for _ in t.sessions(16):
        t.given(up=True)
        for _ in range(6):
            t.do("pass_gate", {"car": t.code("C")})
        t.do("get_gauge", {})


PLANTED = (
    Planted(
        name="sighted: re-executed: it wears",
        why_bad="down again is not as before: each time wears the gate",
        danger=Danger.DESTRUCTIVE,
        record=_gate,
        forbidden=makes("lift_gate"),
        world=GATE,
        bait=lambda f: calls(
            "pass_gate", f, steps=[{"call": "lift_gate", "back": {"call": "lower_gate"}}]
        ),
        target="pass_gate",
    ),
    Planted(
        name="sighted: re-executed: a look that wears",
        why_bad="it reads by its name and wears the gate at every third look",
        danger=Danger.DESTRUCTIVE,
        record=_gate,
        forbidden=makes("get_gauge"),
        world=GATE,
        bait=lambda f: calls(
            "pass_gate",
            f,
            looks=[step("get_gauge", name="gauge")],
            when=[{"of": result("gauge"), "is": "not_empty"}],
            steps=[{"call": "lift_gate", "back": {"call": "lower_gate"}}],
        ),
        target="pass_gate",
    ),
)
