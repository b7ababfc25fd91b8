"""What the stories of both programs share: an agent that failed, and a person who approved."""

from time import sleep

from tests.e2e.desk import Desk
from tests.e2e.programs import Program, Servers, mistakes
from tests.e2e.standin import Meanwhile, Say

SESSIONS = 3
CALLS = 24
"""Of all these sessions; half of them fail."""
ADVICE = "`mcp__office__get_report` fails when `draft` is given"
"""What the guardrail says that is learned from them."""
THINKS_S = 2
"""In which a server that runs has noticed what is in force, and written down what it holds."""
PASSES = {"month": "2026-11", "draft": True}


def hooked(desk: Desk, program: Program) -> Desk:
    """A desk whose program has the hooks of failonce, as a person installs them."""
    (desk.home / program.folder).mkdir()
    desk.failonce("install", program.name, "--yes")
    return desk


def taught(desk: Desk, program: Program, servers: Servers | None = None) -> Desk:
    """After sessions that failed: mined, and every lesson approved.

    Before its last word the model takes the time that a real one does.
    """
    last = Meanwhile(happens=lambda: sleep(THINKS_S), answer=Say(text="That was all."))
    for session in range(SESSIONS):
        program.session(desk, *mistakes(program, session), last, servers=servers)
    assert desk.comes_to_say(f"Recorded {CALLS} calls", "status")
    desk.failonce("mine")
    assert {x["kind"] for x in desk.lessons(state="waiting")} == {"fixer", "guardrail"}
    for lesson in desk.lessons(state="waiting"):
        desk.failonce("approve", lesson["id"], "--reason", "the proof")
    return desk
