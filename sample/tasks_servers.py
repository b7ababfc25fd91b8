"""Tasks with real MCP servers: notes as files, a handbook under git, a graph, a catalogue."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sample.content import ASPECTS, MEETINGS, PEOPLE, SUBJECTS
from sample.harness import Answer, Session, Wanted
from sample.mistakes import FILES, GIT, MEMORY, SAMPLES, SQLITE, TIME
from sample.recorder import Args

BOOK = "/workspace/handbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesDesk:
    """A session of the notes project about one subject; `number` varies the task."""

    session: Session
    number: int

    @property
    def place(self) -> int:
        """The subject's place in the list."""
        return self.number % len(SUBJECTS)

    @property
    def subject(self) -> str:
        """What the task is about."""
        return SUBJECTS[self.place]

    def notes(self) -> list[str]:
        """Return the paths of the subject's notes, relative to the workspace."""
        aspects = ASPECTS[self.place % 3 : self.place % 3 + 3]
        return [f"notes/{self.subject}/{aspect.replace(' ', '-')}.md" for aspect in aspects]

    def path(self, relative: str) -> str:
        """Write a path the one way or the other; both are fine with the server."""
        return relative if self.session.chance(0.25) else f"/workspace/{relative}"

    def read(self, relative: str) -> Answer:
        """Read a note, sometimes only its beginning."""
        args: dict[str, object] = {"path": self.path(relative)}
        if self.session.chance(0.35):
            args["head"] = self.session.rng.randrange(3, 9)
        return self.session.do(FILES + "read_text_file", **args)

    def list(self, relative: str) -> Answer:
        """List a folder."""
        return self.session.do(FILES + "list_directory", path=self.path(relative))

    def folder(self, relative: str) -> Answer:
        """Make a folder."""
        return self.session.do(FILES + "create_directory", path=self.path(relative))

    def write(self, folder: str, name: str, content: str) -> Answer:
        """Write a file into a folder that may have to be made first."""
        if not self.session.forgets(0.22):
            self.folder(folder)
        path = self.path(f"{folder}/{name}")
        answer = self.session.do(FILES + "write_file", path=path, content=content)
        if "ENOENT" in answer.text and self.session.chance(0.93):
            self.folder(folder)
            args: Args = {"path": path, "content": content}
            answer = self.session.try_patiently(FILES + "write_file", args, attempt=2)
        return answer

    def edit(self, relative: str, old: str, new: str) -> Answer:
        """Replace a passage."""
        edits = [{"oldText": old, "newText": new}]
        return self.session.do(FILES + "edit_file", path=self.path(relative), edits=edits)

    def git(self, tool: str, **args: object) -> Answer:
        """Call a tool of the git server on the handbook."""
        return self.session.do(GIT + tool, repo_path=BOOK, **args)

    def commit(self, message: str, *files: str) -> Answer:
        """Commit pages, having added them or not."""
        if not self.session.forgets(0.25):
            self.git("git_add", files=list(files))
        answer = self.git("git_commit", message=message)
        if "No changes staged" in answer.text and self.session.chance(0.92):
            self.git("git_add", files=list(files))
            args: Args = {"repo_path": BOOK, "message": message}
            answer = self.session.try_patiently(GIT + "git_commit", args, attempt=2)
        return answer

    def remember(self, name: str, kind: str, *observations: str) -> Answer:
        """Put one entity into the graph."""
        entity = {"name": name, "entityType": kind, "observations": list(observations)}
        return self.session.do(MEMORY + "create_entities", entities=[entity])

    def introduce(self) -> None:
        """Put the subject into the graph, unless that is forgotten."""
        self.session.do(MEMORY + "search_nodes", query=self.subject)
        if not self.session.forgets(0.2):
            self.remember(self.subject.title(), "place")

    def observe(self, name: str, kind: str, *observations: str) -> Answer:
        """Add to what is known of an entity that may have to be made first."""
        entries = [{"entityName": name, "contents": list(observations)}]
        answer = self.session.do(MEMORY + "add_observations", observations=entries)
        if "not found" in answer.text and self.session.chance(0.92):
            self.remember(name, kind)
            args: Args = {"observations": entries}
            answer = self.session.try_patiently(MEMORY + "add_observations", args, attempt=2)
        return answer

    def select(self, query: str) -> Answer:
        """Read from the catalogue."""
        return self.session.do(SQLITE + "read_query", query=query)

    def log(self, words: str) -> None:
        """Leave a line about the task for whoever comes next."""
        self.session.do(
            FILES + "write_file",
            path=self.path(f"notes/log-{self.number}.md"),
            content=f"# {self.subject.title()}\n\n{words}\n",
        )


def summarise(desk: NotesDesk) -> None:
    """Read all notes on a subject and write a summary."""
    desk.list(f"notes/{desk.subject}")
    desk.read(desk.notes()[0])
    paths = [desk.path(note) for note in desk.notes()]
    desk.session.do(FILES + "read_multiple_files", paths=paths)
    desk.write(
        f"summaries/{desk.subject}", f"week-{desk.number}.md", f"# {desk.subject}\n\nAll well.\n"
    )
    desk.list(f"summaries/{desk.subject}")
    desk.session.do(
        FILES + "search_files", path="/workspace/notes", pattern=f"**/{desk.subject}/*.md"
    )
    desk.read("notes/night.log")
    desk.introduce()
    desk.observe(desk.subject.title(), "place", f"summary of week {desk.number} written")
    desk.log("Summary written.")


def archive(desk: NotesDesk) -> None:
    """Move an old note into the archive and leave a pointer."""
    old = desk.notes()[-1]
    desk.list("notes")
    desk.read(old)
    args: Args = {
        "source": f"/workspace/{old}",
        "destination": f"/workspace/archive/{desk.subject}/{old.rpartition('/')[2]}",
    }
    if not desk.session.forgets(0.22):
        desk.folder(f"archive/{desk.subject}")
    answer = desk.session.do(FILES + "move_file", **args)
    if "ENOENT" in answer.text and desk.session.chance(0.92):
        desk.folder(f"archive/{desk.subject}")
        desk.session.try_patiently(FILES + "move_file", args, attempt=2)
    desk.list(f"notes/{desk.subject}")
    paths = [desk.path(note) for note in desk.notes()[:2]]
    desk.session.do(FILES + "read_multiple_files", paths=paths)
    desk.edit(desk.notes()[0], 'Status: "open"', 'Status: "archived"')
    desk.read(desk.notes()[0])
    desk.log("Moved to the archive.")


def map_people(desk: NotesDesk) -> None:
    """Write who looks after a subject into the graph."""
    keeper, name = PEOPLE[desk.place], desk.subject.title()
    desk.session.do(MEMORY + "search_nodes", query=keeper)
    desk.read(desk.notes()[0])
    desk.remember(keeper, "person", f"keeps the {desk.subject}")
    if not desk.session.forgets(0.4):
        desk.remember(name, "place")
    desk.observe(name, "place", "has six items", f"seen in task {desk.number}")
    relation = {"from": keeper, "to": name, "relationType": "keeps"}
    desk.session.do(MEMORY + "create_relations", relations=[relation])
    desk.session.do(MEMORY + "open_nodes", names=[name])
    helper = PEOPLE[(desk.place + 5) % len(PEOPLE)]
    if not desk.session.forgets(0.2):
        desk.remember(helper, "person")
    desk.observe(helper, "person", f"helps with the {desk.subject}")
    for person in (keeper, helper):
        desk.session.do(MEMORY + "open_nodes", names=[person])
    desk.session.do(MEMORY + "open_nodes", names=[keeper, helper])
    desk.session.do(MEMORY + "search_nodes", query=desk.subject)
    desk.session.do(MEMORY + "read_graph")
    desk.log("In the graph.")


def revise_page(desk: NotesDesk) -> None:
    """Name the owner of a handbook page and commit it."""
    page = f"pages/{desk.subject}.md"
    desk.git("git_status")
    desk.read(f"handbook/{page}")
    desk.read(desk.notes()[0])
    desk.read(desk.notes()[1])
    desk.edit(f"handbook/{page}", "Owner: nobody yet", f"Owner: {PEOPLE[desk.place]}")
    desk.git("git_diff_unstaged")
    desk.commit(f"Name the owner of the {desk.subject}", page)
    desk.edit(f"handbook/{page}", f'"notes/{desk.subject}"', f'"notes/{desk.subject}/"')
    desk.git("git_status")
    other = f"pages/{SUBJECTS[(desk.place + 1) % len(SUBJECTS)]}.md"
    desk.edit(f"handbook/{other}", "Owner: nobody yet", "Owner: to be found")
    desk.commit(f"Mend a link of the {desk.subject}", page, other)
    desk.git("git_log", max_count=3)
    desk.log("Page revised.")


def propose_change(desk: NotesDesk) -> None:
    """Try a change of the handbook on a branch and go back to the main one."""
    branch, page = f"draft/{desk.subject}", f"pages/{desk.subject}.md"
    desk.git("git_status")
    desk.git("git_branch", branch_type="local")
    desk.git("git_create_branch", branch_name=branch)
    desk.git("git_checkout", branch_name=branch)
    desk.read(f"handbook/{page}")
    desk.edit(f"handbook/{page}", "Owner: nobody yet", f"Owner: {PEOPLE[desk.place]}\nDraft: yes")
    desk.git("git_diff_unstaged")
    desk.commit(f"Draft: {desk.subject}", page)
    main = "master" if desk.session.forgets(0.6) else "main"
    answer = desk.git("git_checkout", branch_name=main)
    if "did not resolve" in answer.text or "did not match" in answer.text:
        desk.git("git_branch", branch_type="local")
        args: Args = {"repo_path": BOOK, "branch_name": "main"}
        desk.session.try_patiently(GIT + "git_checkout", args, attempt=2)
    desk.git("git_log", max_count=2)
    if desk.session.forgets(0.07):
        desk.git("git_create_branch", branch_name=branch)
    desk.git("git_status")
    desk.log("Draft proposed.")


def plan_meetings(desk: NotesDesk) -> None:
    """Find the hours of three meetings in two time zones and write them down."""
    zone = MEETINGS[desk.number % len(MEETINGS)][0]
    desk.session.do(TIME + "get_current_time", timezone=zone)
    desk.read(desk.notes()[0])
    lines = []
    for number in range(3):
        here, there = MEETINGS[(desk.number + number) % len(MEETINGS)]
        hour = f"{9 + (desk.number * 3 + number * 2) % 9:02d}:{(desk.number % 4) * 15:02d}"
        answer = desk.session.do(
            TIME + "convert_time", source_timezone=here, time=hour, target_timezone=there
        )
        found = re.findall(r"T(\d\d:\d\d)", answer.text)
        lines.append(f"- {hour} {here} is {found[-1] if found else 'unknown'} {there}")
    desk.write(f"plans/{desk.subject}", f"meetings-{desk.number}.md", "\n".join(lines))
    desk.read(f"plans/{desk.subject}/meetings-{desk.number}.md")
    desk.introduce()
    desk.observe(desk.subject.title(), "place", "meetings planned")
    desk.log("Meetings planned.")


def extend_catalogue(desk: NotesDesk) -> None:
    """Add two maps to the catalogue; the server hides its failures in good answers."""
    code = desk.subject[:3].upper()
    desk.session.do(SQLITE + "list_tables")
    desk.session.do(SQLITE + "describe_table", table_name="items")
    desk.select(f"SELECT code, title FROM items WHERE subject = '{desk.subject}'")
    desk.read(desk.notes()[0])
    desk.read(desk.notes()[1])
    desk.session.do(SQLITE + "describe_table", table_name="items")
    for part in (3 if desk.session.forgets(0.6) else 4, 5):
        values = f"('{code}-{part}', 'Map {part}', '{desk.subject}', '2026-10-20')"
        query = f"INSERT INTO items VALUES {values}"
        answer = desk.session.do(SQLITE + "write_query", query=query)
        if "UNIQUE" in answer.text and desk.session.chance(0.8):
            args: Args = {"query": query.replace(f"-{part}'", f"-{part + 3}'")}
            desk.session.try_patiently(SQLITE + "write_query", args, attempt=2)
    desk.select(f"SELECT title FROM items WHERE code = '{code}-5'")
    desk.select("SELECT subject, count(*) AS maps FROM items GROUP BY subject")
    desk.select("SELECT title, added_on FROM items ORDER BY added_on DESC LIMIT 3")
    desk.session.do(SQLITE + "append_insight", insight=f"The {desk.subject} has new maps")
    desk.log("Catalogue extended.")


def plan_visit(desk: NotesDesk) -> None:
    """Look at the weather and count what a visit needs."""
    cities = ("New York", "Chicago", "Los Angeles")
    desk.session.do(SAMPLES + "get-structured-content", location=cities[desk.number % 3])
    desk.read(desk.notes()[1])
    desk.session.do(SAMPLES + "get-sum", a=desk.number * 3, b=7)
    desk.session.do(SAMPLES + "get-sum", a=12, b=desk.number)
    desk.session.do(SAMPLES + "get-structured-content", location=cities[(desk.number + 1) % 3])
    desk.session.do(SAMPLES + "get-annotated-message", messageType="error")
    desk.session.do(TIME + "get_current_time", timezone="America/Chicago")
    paths = [
        Wanted(tool=FILES + "read_text_file", args={"path": desk.path(n)}) for n in desk.notes()
    ]
    desk.session.together(*paths)
    desk.write(f"visits/{desk.subject}", f"visit-{desk.number}.json", '{"weather": "seen"}')
    desk.session.do(FILES + "search_files", path="/workspace/visits", pattern="**/*.json")
    desk.log("Visit planned.")


def look(tool: str, args: Args) -> Wanted | None:
    """Which call tells more about what a failed one was to touch."""
    if tool == FILES + "edit_file":
        return Wanted(tool=FILES + "read_text_file", args={"path": args["path"]})
    if tool.startswith(FILES):
        return Wanted(tool=FILES + "list_allowed_directories", args={})
    if tool.startswith(SQLITE):
        return Wanted(tool=SQLITE + "describe_table", args={"table_name": "items"})
    if tool.startswith(GIT):
        return Wanted(tool=GIT + "git_status", args={"repo_path": BOOK})
    return None


def otherwise(tool: str, args: Args) -> Wanted | None:
    """How the agent helps itself when a tool does not take what it says."""
    if tool == FILES + "read_text_file":
        return Wanted(tool=FILES + "read_file", args=args)
    return None


def risky(tool: str, _args: Args) -> bool:
    """What the person at the screen is asked about."""
    return tool in (FILES + "move_file", SQLITE + "write_query", GIT + "git_commit")


Task = Callable[[NotesDesk], None]

NOTES_TASKS: Mapping[str, tuple[Task, int]] = {
    "summarise": (summarise, 16),
    "archive": (archive, 13),
    "people": (map_people, 16),
    "page": (revise_page, 18),
    "draft": (propose_change, 18),
    "meetings": (plan_meetings, 18),
    "catalogue": (extend_catalogue, 18),
    "visit": (plan_visit, 12),
}
