"""An installation from look to last step: nothing is written before it was shown."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from failonce.errors import BadInput, Refused
from failonce.model import Json
from failonce.surfaces.installing import changes, clients, commands, files
from failonce.surfaces.installing.changes import Changed
from failonce.surfaces.installing.clients import Client
from failonce.surfaces.installing.files import Found
from failonce.surfaces.installing.journal import Journal, Note, digest, undone

HOOKS = "hooks"
SERVERS = "mcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done to one file; `after` is None where it goes."""

    what: str
    found: Found
    after: str | None
    note: Note | None
    """What the journal is to hold; None where it is to forget the file."""
    told: str = ""
    """What there is to say besides."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.found.path

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return (self.after is None) != (self.found.content is None) or (
            self.after is not None and self.after != self.found.text
        )

    @property
    def diff(self) -> str:
        """What changes, to be shown."""
        return changes.diff(self.path, self.found.text, self.after or "")


def _ours(entry: Json) -> bool:
    return any("failonce" in word for word in commands.words(entry))


class Installer:
    """Puts failonce into files and out of them; one process at a time does."""

    def __init__(self, journal: Path) -> None:
        self._journal = Journal(journal)

    def alone(self) -> AbstractContextManager[None]:
        """Wait until no other process installs anything."""
        return self._journal.alone()

    # ---------------------------------------------------------------- planning

    def hooks(self, client: Client, path: Path) -> Plan:
        """Put the hooks in, or bring them up to date; raises `Refused`, `BadInput`."""
        groups = clients.groups(client)

        def missing(text: str) -> bool:
            own = changes.hooks_in(text)
            return own != {e: g["hooks"] for e, g in groups.items() if isinstance(g, dict)}

        return self._put(
            path, HOOKS, missing, changes.without_hooks, lambda t: changes.with_hooks(t, groups)
        )

    def server(self, path: Path) -> Plan:
        """Put our MCP server in; raises `Refused` where another one has its name."""
        name, entry = clients.SERVER, clients.server()
        if path.suffix == ".toml":
            table = [(f"[mcp_servers.{name}]", entry)]

            def block_missing(text: str) -> bool:
                own = text[slice(*(changes.block_at(text, SERVERS) or (0, 0)))]
                return own.strip() != changes.with_block("", SERVERS, table).text.strip()

            return self._put(
                path,
                SERVERS,
                block_missing,
                lambda t: changes.without_block(t, SERVERS),
                lambda t: changes.with_block(t, SERVERS, table),
            )

        def missing(text: str) -> bool:
            return changes.server_in(text, name) != entry

        def without(text: str) -> str:
            held = changes.server_in(text, name)
            if held is not None and not _ours(held):
                raise Refused(f"{path} has another server called `{name}`. Rename or remove it.")
            return changes.without_server(text, name)

        return self._put(
            path, SERVERS, missing, without, lambda t: changes.with_server(t, name, entry)
        )

    def _put(
        self,
        path: Path,
        what: str,
        missing: Callable[[str], bool],
        without: Callable[[str], str],
        with_it: Callable[[str], Changed],
    ) -> Plan:
        found = files.look(path)
        text = found.text
        if found.content is not None and not missing(text):
            note = self._journal.read(found.path, what)
            return Plan(what=what, found=found, after=text, note=note)
        files.check_writable(found.path)
        try:
            bare = self._bare(found, what, _blank_stays(without))
            changed = with_it(bare)
        except (BadInput, Refused) as error:
            raise _about(found.path, error) from error
        note = Note(
            path=str(found.path),
            what=what,
            after=digest(changed.text.encode()),
            steps=changed.steps,
            existed=found.content is not None,
            folders=tuple(str(p) for p in found.path.parents if not p.exists()),
        )
        before = self._journal.read(found.path, what)
        if before is not None and not before.existed and bare.strip() in ("", "{}"):
            note = replace(note, existed=False, folders=before.folders)
        return Plan(what=what, found=found, after=changed.text, note=note)

    def _bare(self, found: Found, what: str, without: Callable[[str], str]) -> str:
        """The text without what an earlier installation put in."""
        note = self._journal.read(found.path, what)
        back = None if note is None else undone(found.text, note.steps)
        bare = without(found.text)
        return back if back is not None and without(back) == back else bare

    def removal(self, path: Path, what: str, without: Callable[[str], str]) -> Plan:
        """Take out what was put in: to the byte where nothing else changed since."""
        without = _blank_stays(without)
        found = files.look(path)
        note = self._journal.read(found.path, what)
        text = found.text
        try:
            bare = without(text)
        except (BadInput, Refused) as error:
            raise _about(found.path, error) from error
        if found.content is None or bare == text:
            return Plan(what=what, found=found, after=_same(found), note=None)
        files.check_writable(found.path)
        back = None if note is None else undone(text, note.steps)
        if note is not None and back is not None and without(back) == back:
            if digest(found.content) == note.after:
                after = back if note.existed else None
                return Plan(what=what, found=found, after=after, note=None)
            told = "Other things in it were changed since; they stay as they are."
            return Plan(what=what, found=found, after=back, note=None, told=told)
        told = "It was changed since in a way that hides what it was like; only our part goes."
        return Plan(what=what, found=found, after=bare, note=None, told=told)

    # ------------------------------------------------------------------ acting

    def carry_out(self, plan: Plan) -> None:
        """Do it; raises `Refused` where the file is not as it was when it was planned."""
        before = self._journal.read(plan.path, plan.what)
        if plan.note is not None:
            self._journal.write(plan.note)
        if plan.changes:
            try:
                files.replace(plan.found, None if plan.after is None else plan.after.encode())
            except Refused:
                if before is not None:
                    self._journal.write(before)
                elif plan.note is not None:
                    self._journal.drop(plan.path, plan.what)
                raise
        if plan.note is None:
            for folder in before.folders if before and plan.after is None else ():
                files.drop_empty(Path(folder))
            self._journal.drop(plan.path, plan.what)


def _blank_stays(without: Callable[[str], str]) -> Callable[[str], str]:
    """The same for a text in which nothing is."""
    return lambda text: (
        without(text) if text.strip("\N{ZERO WIDTH NO-BREAK SPACE} \t\r\n") else text
    )


def _same(found: Found) -> str | None:
    return None if found.content is None else found.text


def _about(path: Path, error: BadInput | Refused) -> BadInput | Refused:
    """An error about a text, with the file that it stands in and what to do."""
    text = str(error)
    if str(path) in text:
        return error
    return type(error)(f"{path}: {text}. Mend it and try again; nothing was changed.")
