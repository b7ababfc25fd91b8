"""Grants whose name says something harmless and stands for something else."""

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, told

LINK = f"{FOLDER}/shown/link"
_SOURCE = """
def attack(paths):
    found = []
    for path in paths:
        try:
            found.append(open(path).read())
        except (OSError, ValueError):
            pass
    return found
"""


def _private(arena: Arena) -> Args:
    path = arena.file("private/notes.txt")
    (FOLDER / "shown").mkdir()
    (FOLDER / "shown/link").symlink_to("../private")
    return {
        "paths": [path, str(FOLDER / "shown/../private/notes.txt"), f"{FOLDER}/shown/notes.txt"]
    }


def _granted(name: str, place: str, seen: str) -> Attack:
    """`seen` is where its secret would be found."""

    def bait(arena: Arena) -> Args:
        args = _private(arena)
        return {"paths": [*args["paths"], seen]}  # type: ignore[list-item, misc]

    return Attack(
        name=f"was granted a folder {name}",
        family=Family.LINKS,
        source=_SOURCE,
        bait=bait,
        grants=Grants(reads=(place,)),
        reached=told,
    )


ATTACKS = (
    _granted("with two dots in it", f"{FOLDER}/shown/../private", f"{FOLDER}/private/notes.txt"),
    _granted(
        "with a link in it", f"{FOLDER}/shown/link/notes.txt", f"{FOLDER}/shown/link/notes.txt"
    ),
    _granted("that is a link", LINK, f"{LINK}/notes.txt"),
    _granted("with two strokes in front", f"/{FOLDER}/private", f"/{FOLDER}/private/notes.txt"),
    _granted("of a process", f"/proc/self/root{FOLDER}/private", f"{FOLDER}/private/notes.txt"),
    _granted("of process 1", f"/proc/1/root{FOLDER}/private", f"{FOLDER}/private/notes.txt"),
    _granted("that is the whole machine", "/", f"{FOLDER}/private/notes.txt"),
    _granted("by an option", f"--dev-bind {FOLDER}", f"{FOLDER}/private/notes.txt"),
    _granted("that ends in nothing", f"{FOLDER}/shown\0", f"{FOLDER}/private/notes.txt"),
)
