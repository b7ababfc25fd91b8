"""What code says that it wants to reach: `PERMISSIONS = {"network": ["example.org"]}`.

It is granted with the code, for an approval signs the bytes in which it stands.
"""

from collections.abc import Iterator, Mapping

from failonce.errors import BadInput
from failonce.kinds.behaviour import only
from failonce.model import Grants, Json


def texts(values: Json, name: str) -> Iterator[str]:
    """The texts of a list; raises `BadInput` naming it where it is none."""
    if not isinstance(values, list | tuple):
        raise BadInput(f"`{name}` must be a list of texts.")
    for value in values:
        if not isinstance(value, str):
            raise BadInput(f"`{name}` must be a list of texts.")
        yield value


def permissions(known: Mapping[str, Json]) -> Grants:
    """What a module's constants ask for; raises `BadInput` saying what is wrong with it."""
    if "PERMISSIONS" not in known:
        return Grants()
    given = known["PERMISSIONS"]
    if not isinstance(given, Mapping):
        raise BadInput("`PERMISSIONS` must be a dict of literals.")
    only(given, "PERMISSIONS", "network", "reads", "writes", "subprocess", "packages")
    subprocess = given.get("subprocess", False)
    if not isinstance(subprocess, bool):
        raise BadInput("`subprocess` in `PERMISSIONS` must be True or False.")

    def of(name: str) -> tuple[str, ...]:
        return tuple(texts(given.get(name, []), name))

    return Grants(
        network=of("network"),
        reads=of("reads"),
        writes=of("writes"),
        subprocess=subprocess,
        packages=of("packages"),
    )
