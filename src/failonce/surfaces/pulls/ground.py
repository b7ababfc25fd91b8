"""The remote, the forge and the store that pull requests are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from failonce.adapters.forges import Remote
from failonce.compose import Parts, assemble
from failonce.compose.pulling import forge, remote
from failonce.errors import BadInput
from failonce.identity import slug
from failonce.model import Lesson
from failonce.ports import Forge, Pull


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is put before people and taken from them, of one project."""

    parts: Parts
    remote: Remote
    forge: Forge | None
    """None where a person opens pull requests: then git alone tells what was reviewed."""
    project: str
    folder: str
    """Of skill files, from the repository's root."""

    @property
    def waiting(self) -> str:
        """The branch of all that waits."""
        return f"{self.remote.prefix}/waiting"

    def own(self, lesson: str) -> str:
        """The branch of one lesson."""
        return f"{self.remote.prefix}/lesson/{lesson}"

    def undoing(self, lesson: str) -> str:
        """The branch that takes a lesson out."""
        return f"{self.remote.prefix}/undo/{lesson}"

    def undoes(self, pull: Pull) -> bool:
        """Whether a pull request takes a lesson out."""
        return pull.branch.startswith(f"{self.remote.prefix}/undo/")

    def look(self) -> tuple[str, Sequence[Pull]]:
        """The commit that the base stands at now, and our pull requests into it.

        These first: one that is merged by then is in the base that is fetched after it.
        """
        found = [] if self.forge is None else self.forge.pulls(f"{self.remote.prefix}/")
        commit = self.remote.fetch(self.parts.config.settings.pr.base or "")
        return commit, [x for x in found if x.base == self.remote.base]

    def lessons(self) -> Mapping[str, Lesson]:
        """The newest version of each lesson of the project, by id; no other project's."""
        return {x.id: x for x in self.parts.store.lessons(project=self.project)}

    def acting(self, who: str, where: str) -> Parts:
        """The parts with somebody else as the one who decides, and from where."""
        return assemble(self.parts.config, self.parts.store, actor=who, via=where)


def ground(parts: Parts, *, project: str | None = None) -> Ground:
    """What the settings name. Raises `BadInput` or `BadSetting` where something is missing."""
    config = parts.config
    root, skills = config.root.resolve(), config.skills.resolve()
    if not skills.is_relative_to(root) or skills == root:
        raise BadInput(
            f"The folder of skill files, {skills}, is none in the repository {root}, so no pull "
            "request can hold them. Set paths.skills."
        )
    where = remote(config)
    return Ground(
        parts=parts,
        remote=where,
        forge=forge(config, where.address),
        project=project or config.project,
        folder=skills.relative_to(root).as_posix(),
    )


def person(name: str) -> str:
    """A name from a forge or a commit as the audit may hold it."""
    plain = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(plain.split())[:120]


def machine(name: str) -> bool:
    """Whether a name is that of a program, by what forges call them."""
    words = name.partition(" <")[0].strip().lower()
    return not words or words.endswith("[bot]") or slug(words) == "failonce"
