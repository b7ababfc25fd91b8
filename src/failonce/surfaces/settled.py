"""The settings that hold, as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from failonce.adapters.sql_store import shown
from failonce.compose import Configuration
from failonce.compose.settings import described
from failonce.compose.spelling import spelled
from failonce.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One setting."""

    name: str
    """Dotted, as in a file: `server.port`."""
    value: Json
    origin: str
    """The file or the variable that set it, or `default`."""
    about: str

    @property
    def written(self) -> str:
        """The value on a line: a table of patterns as in a file, `true` and not Python's `True`."""
        if isinstance(self.value, Mapping):
            return ", ".join(f'"{pattern}" = "{word}"' for pattern, word in self.value.items()) or (
                "none"
            )
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


def settled(found: Configuration) -> Sequence[Settled]:
    """Every setting, in the order of the documentation. No secret is a setting."""
    return [
        Settled(
            name=name,
            value=_value(found, name),
            origin=found.origins.get(name, "default"),
            about=about,
        )
        for name, about in described()
    ]


def _value(found: Configuration, name: str) -> Json:
    """The value that holds, with the defaults that are worked out."""
    computed: dict[str, Json] = {
        "store.url": shown(found.url),
        "project": found.project,
        "learning.mode": found.forced_mode or found.policy.default_mode,
        "paths.skills": str(found.skills),
        "paths.rejects": str(found.rejects),
        "paths.templates": str(found.settings.paths.templates or "built in"),
        "paths.packages": str(found.packages),
    }
    if name in computed:
        return computed[name]
    section, _, key = name.partition(".")
    value: object = getattr(getattr(found.settings, section), key)
    if isinstance(value, timedelta):
        return spelled(value)
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return {str(p): str(v) for p, v in value.items()}
    assert isinstance(value, str | int | float)  # noqa: S101 - settings have no other types
    return value
