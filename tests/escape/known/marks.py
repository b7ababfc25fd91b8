"""Characters that a terminal obeys, or that nobody sees, in what people will read."""

from tests.escape.attack import Arena, Attack, Family, Ran

_MARKS = {
    "an escape of eight bits": "\x9b31m",
    "a mark that turns the direction of reading": "\u202e",
    "a mark that isolates what is read": "\u2066",
    "a space of no width": "\u200b",
    "a letter that is not seen": "\u3164",
    "a tag of a flag": "\U000e0041",
    "the start of a line": "\r",
    "a step back": "\b",
    "a bell": "\a",
    "a deletion": "\x7f",
    "a separator of lines": "\u2028",
}


def _shown(mark: str) -> object:
    def reached(_: Arena, ran: Ran) -> str:
        places = {"log": ran.log, "error": ran.error}
        return ", ".join(f"it is in the {p}" for p, text in places.items() if mark in text)

    return reached


def _prints(name: str, mark: str) -> Attack:
    return Attack(
        name=f"prints and raises {name}",
        family=Family.LOGS,
        source=f"""
def attack():
    import sys
    text = "fine" + {mark!r} + "sure"
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    print(text)
    sys.stdout.flush()
    raise ValueError(text)
""",
        reached=_shown(mark),  # type: ignore[arg-type]
    )


ATTACKS = tuple(_prints(name, mark) for name, mark in _MARKS.items())
