"""Lessons carried to somebody else, as both type it: two homes, two stores, real processes."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.surfaces.cli.made import Call, Shell, call, renamed, stopped, write

PACK = "shop.failonce-pack"


class Desk:
    """Somebody with a home, a store and one project of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, calls: list[Call]) -> None:
        self.shell = Shell(folder, monkeypatch)
        self._patch = monkeypatch
        self._calls = calls

    def here(self) -> Shell:
        """Their shell; from now on everything runs at their place."""
        self._patch.setenv("HOME", str(self.shell.home))
        self._patch.chdir(self.shell.project)
        if self._calls:
            self.shell.ok("import", write(self.shell.project / "calls.jsonl", self._calls))
            self._calls = []
        return self.shell


def unnamed(calls: Iterable[Call]) -> list[Call]:
    """The same calls as the working directory's project's."""
    return [{k: v for k, v in c.items() if k != "project"} for c in calls]


def approved(shell: Shell) -> list[str]:
    shell.ok("mine")
    found = [x["id"] for x in shell.ok("lessons", "--json").json]
    for name in found:
        shell.ok("approve", name)
    return found


@pytest.fixture
def desks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Desk]:
    """One who learned a fixer and a guardrail; one for whom the fixer helps, the guardrail not."""
    fine = [
        call("get_entity", {"entity": "a", "detailed": True}, session=f"z{n}") for n in range(9)
    ]
    ann = Desk(tmp_path / "ann", monkeypatch, unnamed([*renamed(12), *stopped(12)]))
    bob = Desk(tmp_path / "bob", monkeypatch, unnamed([*renamed(4), *fine]))
    return ann, bob


@pytest.fixture
def pack(desks: tuple[Desk, Desk], tmp_path: Path) -> Path:
    """The pack of the first desk."""
    shell = desks[0].here()
    assert len(approved(shell)) == 2
    made = shell.ok("pack", "make", tmp_path / PACK, "--name", "shop")
    assert "2 lessons written" in made.out
    assert "Read first what quotes a recording: GR-" in made.out
    return tmp_path / PACK


def test_from_one_to_another_in_processes_of_their_own(
    desks: tuple[Desk, Desk], pack: Path
) -> None:
    ann, bob = desks
    mine = ann.here().program("pack", "key", "--json").json["fingerprint"]
    shell = bob.here()
    unknown = shell.program("pack", "take", pack)
    assert unknown.code == 4
    assert f"--trust '{mine}'" in unknown.err
    assert shell.ok("lessons", "--json").json == []
    taken = shell.program("pack", "take", pack, "--trust", mine)
    assert taken.code == 0, taken
    assert f"2 lessons from the pack `shop`, signed by {mine}" in taken.out
    assert "waits: invalid_args in read (fixer for read)" in taken.out
    assert "Would have repaired 4 of 4 failures" in taken.out
    assert "    - needs 2 more sessions that it helps" in taken.out
    assert "refused: invalid_args in get_entity" in taken.out
    assert "9 of 9 good calls" in taken.out
    again = shell.program("pack", "take", pack)
    assert "is here already, waiting" in again.out
    (held,) = shell.ok("lessons", "--json").json
    assert (held["state"], held["in_force"], held["proposer"]) == ("waiting", False, "import")
    assert f"signed by {mine}" in shell.ok("show", held["id"]).out
    assert "in a lesson pack" in shell.ok("show", held["id"]).out
    actions = [e["action"] for e in shell.ok("audit", "list", "--json").json]
    assert sorted(actions) == ["propose", "turned_away"]
    shell.ok("audit", "verify")
    assert shell.ok("approve", held["id"], "--json").json["in_force"] is True


def test_what_leaves_holds_nothing_that_was_recorded(desks: tuple[Desk, Desk], pack: Path) -> None:
    text = pack.read_text()
    shell = desks[0].here()
    assert "notes-3.txt" in (shell.project / "calls.jsonl").read_text()
    for of_mine in ("notes-", "light.", str(shell.project), str(shell.home), "session"):
        assert of_mine not in text


def test_a_pack_is_shown_before_it_is_taken(desks: tuple[Desk, Desk], pack: Path) -> None:
    shell = desks[1].here()
    shown = shell.ok("pack", "show", pack).out
    assert "not trusted here" in shown
    assert "invalid_args in read (fixer for read)" in shown
    assert "      to: file" in shown
    found = shell.ok("pack", "show", pack, "--json").json
    assert (found["name"], found["trusted"]) == ("shop", False)
    assert [x["target"] for x in found["lessons"]] == ["read", "get_entity"]


def test_trust_is_explicit_listed_and_taken_back(desks: tuple[Desk, Desk], pack: Path) -> None:
    shell = desks[1].here()
    assert shell.ok("pack", "signers", "--json").json == []
    assert "nobody else's packs" in shell.ok("pack", "signers").out
    wrong = shell.run("pack", "take", pack, "--trust", "1234 5678")
    assert (wrong.code, "not by 1234 5678" in wrong.err) == (4, True)
    mine = shell.ok("pack", "show", pack, "--json").json["fingerprint"]
    taken = shell.ok("pack", "take", pack, "--trust", mine.upper().replace(" ", ""), "--json").json
    assert [x["came"] for x in taken["lessons"]] == ["waits", "refused"]
    assert taken["lessons"][1]["lesson"] is None
    assert [x["fingerprint"] for x in shell.ok("pack", "signers", "--json").json] == [mine]
    assert mine in shell.ok("pack", "signers").out
    assert shell.ok("pack", "forget", mine[:4], "--json").json == {"fingerprint": mine}
    assert shell.run("pack", "take", pack).code == 4
    assert shell.run("pack", "forget", mine).code == 2


def test_import_and_export_know_packs(desks: tuple[Desk, Desk], pack: Path, tmp_path: Path) -> None:
    shell = desks[0].here()
    told = shell.run("import", pack)
    assert (told.code, f"failonce pack take {pack}" in told.err) == (2, True)
    other = tmp_path / "other"
    assert shell.ok("export", "pack", other, "--name", "shop", "--json").json["left_behind"] == {}
    both = [json.loads(p.read_bytes())["failonce_pack"]["lessons"] for p in (pack, other)]
    assert both[0] == both[1]


def test_where_nothing_is_recorded_that_is_said(desks: tuple[Desk, Desk], pack: Path) -> None:
    ann, bob = desks
    mine = ann.here().ok("pack", "key", "--json").json["fingerprint"]
    shell = bob.here()
    out = shell.ok("pack", "take", pack, "--trust", mine, "--project", "new").out
    assert out.count("No call is recorded here that it could be tried on.") == 2
    assert "2 wait for you" in out
    assert {x["project"] for x in shell.ok("lessons", "--json").json} == {"new"}


def test_own_packs_need_no_trust(desks: tuple[Desk, Desk], pack: Path) -> None:
    shell = desks[0].here()
    out = shell.ok("pack", "take", pack).out
    assert out.count("is here already, on trial") == 2


def test_only_what_is_chosen_and_may_leave_is_written(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    shell = desks[0].here()
    file = tmp_path / "one"
    nothing = shell.run("pack", "make", file)
    assert (nothing.code, file.exists()) == (2, False)
    one, two = approved(shell)
    shell.ok("undo", two)
    made = shell.ok("pack", "make", file, one, two, "--json").json
    assert made["left_behind"] == {two: "it is not in force"}
    assert (made["name"], len(made["lessons"])) == ("project", 1)
    assert made["quotes"] == []
    shell.ok("pack", "make", file, one)
    (tmp_path / "mine.txt").write_text("mine")
    for taken in (tmp_path / "mine.txt", tmp_path, tmp_path / "none" / "x"):
        assert shell.run("pack", "make", taken, one).code == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert shell.run("pack", "make", file, "FX-NONE").code == 2
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_a_changed_pack_is_refused_whole(desks: tuple[Desk, Desk], pack: Path) -> None:
    ann, bob = desks
    mine = ann.here().ok("pack", "key", "--json").json["fingerprint"]
    data = pack.read_bytes()
    pack.write_bytes(data.replace(b"to: file", b"to: link"))
    shell = bob.here()
    for command in (["show", pack], ["take", pack, "--trust", mine]):
        run = shell.run("pack", *command)
        assert (run.code, "was changed since it was signed" in run.err) == (2, True)
    assert shell.ok("pack", "signers", "--json").json == [], "nobody is trusted on a forged pack"
    assert shell.ok("lessons", "--json").json == []


def test_off_takes_nothing(desks: tuple[Desk, Desk], pack: Path) -> None:
    shell = desks[1].here()
    mine = shell.ok("pack", "show", pack, "--json").json["fingerprint"]
    shell.set("FAILONCE", "off")
    assert shell.run("pack", "take", pack, "--trust", mine).code == 4
    assert shell.ok("pack", "signers", "--json").json == []


def test_a_key_that_others_can_read_is_told(desks: tuple[Desk, Desk]) -> None:
    shell = desks[1].here()
    shell.ok("pack", "key")
    key = shell.data / "keys" / "signing.key"
    key.chmod(0o644)
    told = shell.run("pack", "key")
    assert (told.code, "chmod 600" in told.err) == (3, True)


def test_from_one_project_to_everyone(shell: Shell) -> None:
    fine = [
        call("get_entity", {"entity": "a", "detailed": True}, session=f"z{n}") for n in range(9)
    ]
    other = [c | {"project": "garden", "session": f"g{c['session']}"} for c in [*renamed(9), *fine]]
    shell.ok("import", write(shell.project / "other.jsonl", other))
    learned = {x["kind"]: x["id"] for x in shell.learned()}
    assert shell.run("promote", learned["fixer"]).code == 4
    for name in learned.values():
        shell.ok("approve", name)
    harms = shell.run("promote", learned["guardrail"])
    assert harms.code == 4
    assert "in garden: it would stop or change 9 of 9 good calls" in harms.err
    told = shell.run("promote", learned["guardrail"], "--json")
    assert (told.code, told.json["came"]) == (4, "refused")
    wide = shell.program("promote", learned["fixer"], "--json")
    assert (wide.code, wide.json["came"]) == (0, "waits")
    lesson = wide.json["lesson"]
    assert (lesson["project"], lesson["in_force"]) == ("*", False)
    assert lesson["reason"] == f"{learned['fixer']} of shop, for everyone"
    shell.ok("approve", lesson["id"])
    states = {x["id"]: x["in_force"] for x in shell.ok("lessons", "--json").json}
    assert (states[lesson["id"]], states.get(learned["fixer"], False)) == (True, False)
