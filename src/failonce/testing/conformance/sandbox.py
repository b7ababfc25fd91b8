# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.Sandbox` promises: a sandbox that does not pass is used for nothing.

A sandbox may refuse any grant; what it does not refuse it must hold to. Nothing here tries to
break out by force: that is what the project's escape tests are for.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.model import (
    Answer,
    Args,
    Barrier,
    Call,
    Category,
    Ending,
    Failure,
    Grants,
    Job,
    Json,
    Limits,
    Ran,
    Strength,
)
from failonce.ports import Sandbox

_MIB = 1 << 20
_FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # a sandbox keeps nothing between runs
        HealthCheck.differing_executors,  # one suite, inherited for each sandbox
    ],
)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def job(
    source: str, args: Args | None = None, *, grants: Grants | None = None, **limits: float
) -> Job:
    """A job that calls `f` of an indented source; `limits` are those that differ."""
    whole = Limits(**limits)  # type: ignore[arg-type]  # sizes are numbers
    return Job(
        source=dedent(source), entry="f", args=args or {}, grants=grants or Grants(), limits=whole
    )


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """A door on this machine's loopback at which nobody is expected."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0)
        yield door, door.getsockname()[1]


def knocked(door: socket.socket) -> bool:
    """Whether anybody came."""
    try:
        door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


_OPENING = """
    import os
    def f(path):
        got = []
        for mode in ("r", "r+", "w", "a"):
            try:
                with open(path, mode) as file:
                    got.append(file.read())
            except OSError:
                pass
        return got + [os.path.exists(path)]
"""


class AnswerConformance:
    """What goes in, and what comes out."""

    @_FEW
    @given(value=_values)
    def test_values_come_back_as_they_went_in(self, sandbox: Sandbox, value: Json) -> None:
        """Any JSON, through arguments and answer."""
        ran = sandbox.run(job("def f(value): return value", {"value": value}))
        assert (ran.ending, ran.value, ran.error) == (Ending.RETURNED, value, "")

    def test_an_exception_is_told_with_its_type_and_line(self, sandbox: Sandbox) -> None:
        """It is an answer, not an error of the sandbox."""
        ran = sandbox.run(job("def f():\n    raise LookupError('gone \\x1b[2J')"))
        assert ran.ending is Ending.RAISED
        assert "LookupError: gone " in ran.error
        assert "\x1b" not in ran.error
        assert ran.value is None

    def test_what_is_printed_is_log_and_no_answer(self, sandbox: Sandbox) -> None:
        """Also where it looks like one; what a terminal obeys stands as text."""
        source = """
            import sys
            def f():
                print('{"ending": "returned", "value": true}\\x1b]0;x\\x07')
                print("passed", file=sys.stderr)
                return False
        """
        ran = sandbox.run(job(source))
        assert (ran.ending, ran.value) == (Ending.RETURNED, False)
        assert "returned" in ran.log
        assert "passed" in ran.log
        assert not {"\x1b", "\x07"} & set(ran.log)

    @pytest.mark.parametrize(
        "value", ["{1}", "object()", "float('nan')", "b'x'", "lambda: 1", "{(1, 2): 3}"]
    )
    def test_an_answer_that_is_no_json_is_none(self, sandbox: Sandbox, value: str) -> None:
        """The function raised, as far as anybody can tell."""
        ran = sandbox.run(job(f"def f(): return {value}"))
        assert (ran.ending, ran.value) == (Ending.RAISED, None)
        assert ran.error

    @pytest.mark.parametrize(
        "source",
        ["def f(:", "x = 1", "f = 1", "def f(): return '\0'", "return 1", "def g(): pass"],
    )
    def test_what_is_no_function_never_runs(self, sandbox: Sandbox, source: str) -> None:
        """It is refused, and the reason is told."""
        ran = sandbox.run(job(source))
        assert ran.ending is Ending.REFUSED
        assert ran.error

    @pytest.mark.parametrize(
        "statement",
        ["os._exit(0)", "sys.exit(0)", "raise SystemExit", "os.abort()", "exit()"],
    )
    def test_who_leaves_early_answered_nothing(self, sandbox: Sandbox, statement: str) -> None:
        """A status of 0 is no verdict."""
        ran = sandbox.run(job(f"import os, sys\nfrom builtins import *\ndef f(): {statement}"))
        assert ran.ending in (Ending.DIED, Ending.RAISED)
        assert ran.value is None

    def test_every_run_says_what_held(self, sandbox: Sandbox) -> None:
        """Each barrier once, and the time that it took."""
        ran = sandbox.run(job("def f(): pass"))
        assert [e.what for e in ran.enforced] == list(Barrier)
        assert [e.what for e in sandbox.barriers()] == list(Barrier)
        assert all(e.how is not Strength.ABSENT for e in ran.enforced)
        assert ran.ms > 0

    def test_runs_do_not_see_one_another(self, sandbox: Sandbox) -> None:
        """Not what was written, not what was set, not at the same time."""
        source = """
            import builtins, os, time
            def f(me):
                found = sorted(os.listdir("."))
                open("mark", "w").write(str(me))
                seen = getattr(builtins, "mark", None)
                builtins.mark = me
                time.sleep(0.2)
                return [found, seen, open("mark").read()]
        """
        with ThreadPoolExecutor(4) as pool:
            both = list(pool.map(lambda n: sandbox.run(job(source, {"me": n})), range(4)))
        assert [r.value for r in both] == [[[], None, str(n)] for n in range(4)]


class CallConformance:
    """Calls of other tools, which the host makes."""

    def test_calls_are_made_by_who_waits_for_the_run(self, sandbox: Sandbox) -> None:
        """One after the other, on the thread that asked for the run."""
        source = """
            def f(text):
                first = call("upper", text=text)
                return [first, call("twice", **{"a text": first, "times": 2})]
            """
        made: list[tuple[Call, int]] = []

        def answer(wanted: Call) -> Answer:
            made.append((wanted, threading.get_ident()))
            return Answer(text="".join(str(v) for v in (wanted.args or {}).values()).upper())

        ran = sandbox.run(job(source, {"text": "ä\n"}), answer)
        assert (ran.ending, ran.value) == (Ending.RETURNED, ["Ä\n", "Ä\n2"])
        assert [(c.tool, c.args) for c, _ in made] == [
            ("upper", {"text": "ä\n"}),
            ("twice", {"a text": "Ä\n", "times": 2}),
        ]
        assert {thread for _, thread in made} == {threading.get_ident()}

    def test_a_call_that_failed_can_be_caught(self, sandbox: Sandbox) -> None:
        """Else it ends the run as any error does."""
        source = """
            def f(caught):
                try:
                    return call("fetch")
                except CallFailed as error:
                    if not caught:
                        raise
                    return f"caught: {error}"
            """
        failure = Failure(message="gone", signature="", category=Category.UNKNOWN)

        def answer(_: Call) -> Answer:
            return Answer(text="gone", failure=failure)

        assert sandbox.run(job(source, {"caught": True}), answer).value == "caught: gone"
        ran = sandbox.run(job(source, {"caught": False}), answer)
        assert (ran.ending, ran.error[:17]) == (Ending.RAISED, "CallFailed: gone ")

    def test_the_time_of_calls_is_not_its_own(self, sandbox: Sandbox) -> None:
        """Whom it waits for is nothing that it took."""
        source = """
            def f():
                return call("slow")
            """

        def answer(_: Call) -> Answer:
            time.sleep(1.5)
            return Answer(text="done")

        assert sandbox.run(job(source, seconds=1.0), answer).value == "done"

    def test_where_nobody_answers_there_are_no_calls(self, sandbox: Sandbox) -> None:
        """The name is not even there."""
        ran = sandbox.run(job("def f(): return call('fetch')"))
        assert ran.ending is Ending.RAISED

    def test_calls_without_end_are_ended(self, sandbox: Sandbox) -> None:
        """However fast each is answered."""
        source = """
            def f():
                while True:
                    call("again")
            """
        made = []

        def answer(wanted: Call) -> Answer:
            made.append(wanted)
            return Answer(text="")

        assert sandbox.run(job(source), answer).ending is not Ending.RETURNED
        assert len(made) <= 10_000

    def test_who_is_interrupted_while_answering_ends_the_run(self, sandbox: Sandbox) -> None:
        """And is interrupted as anybody is; nothing runs on."""

        def answer(_: Call) -> Answer:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sandbox.run(job("def f(): return call('fetch')"), answer)
        assert sandbox.run(job("def f(): return 1")).value == 1


class LimitConformance:
    """Nothing takes more than it may."""

    @pytest.mark.parametrize(
        "body",
        [
            "while True: pass",
            "time.sleep(60)",
            "threading.Thread(target=time.sleep, args=(60,)).start() or time.sleep(60)",
            "[signal.signal(s, signal.SIG_IGN) for s in (2, 14, 15, 24)] and time.sleep(60)",
        ],
    )
    def test_time(self, sandbox: Sandbox, body: str) -> None:
        """The end comes soon after the limit, whatever the code does about it."""
        source = f"import signal, threading, time\ndef f():\n    {body}"
        ran = sandbox.run(job(source, seconds=0.3))
        assert ran.ending is Ending.TIME
        assert 300 <= ran.ms < 10_000

    def test_memory(self, sandbox: Sandbox) -> None:
        """What is asked for beyond the limit is not there."""
        ran = sandbox.run(job("def f(): return len(bytearray(200 << 20))", memory_bytes=64 * _MIB))
        assert ran.ending is Ending.MEMORY
        ran = sandbox.run(job("def f(): return len(bytearray(20 << 20))", memory_bytes=64 * _MIB))
        assert (ran.ending, ran.value) == (Ending.RETURNED, 20 * _MIB)
        assert ran.peak_bytes is None or 20 * _MIB < ran.peak_bytes < 128 * _MIB

    def test_disk(self, sandbox: Sandbox) -> None:
        """Neither one large file, nor many, nor very many empty ones."""
        source = """
            def f(size, many):
                try:
                    for number in range(many):
                        with open(str(number), "wb") as file:
                            file.write(bytes(size))
                except OSError as error:
                    return "full"
                return "all written"
        """
        for args, ending in (
            ({"size": 1000, "many": 20}, "all written"),
            ({"size": 3 * _MIB, "many": 1}, "full"),
            ({"size": 100_000, "many": 50}, "full"),
            ({"size": 0, "many": 100_000}, "full"),
        ):
            ran = sandbox.run(job(source, args, disk_bytes=2 * _MIB))
            assert (ran.ending, ran.value) == (Ending.RETURNED, ending)

    def test_answers_and_logs(self, sandbox: Sandbox) -> None:
        """A long answer is none; of a long log the beginning is kept."""
        ran = sandbox.run(job("def f(): return 'x' * 3000", output_bytes=2000))
        assert (ran.ending, ran.value) == (Ending.OUTPUT, None)
        source = """
            def f():
                for _ in range(10_000):
                    print("x" * 1000)
                return 1
        """
        ran = sandbox.run(job(source, log_bytes=2000))
        assert (ran.ending, ran.value) == (Ending.RETURNED, 1)
        assert 2000 <= len(ran.log) < 2200

    def test_threads(self, sandbox: Sandbox) -> None:
        """A few are normal, thousands are not."""
        source = """
            import threading, time
            def f(many):
                threads = [threading.Thread(target=time.sleep, args=(5,), daemon=True)
                           for _ in range(many)]
                for thread in threads:
                    thread.start()
                return len(threads)
        """
        assert sandbox.run(job(source, {"many": 8})).value == 8
        assert sandbox.run(job(source, {"many": 5000})).ending is Ending.RAISED


class WallConformance:
    """Nothing that was not granted is reached."""

    def test_files_of_the_host(self, sandbox: Sandbox) -> None:
        """Not to read, not to write, not to name, where everybody else may."""
        with TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            bait = Path(folder, "bait")
            bait.write_text("secret")
            bait.chmod(0o666)
            ran = sandbox.run(job(_OPENING, {"path": str(bait)}))
            assert ran.value == [False]
            assert bait.read_text() == "secret"

    def test_the_network(self, sandbox: Sandbox) -> None:
        """Not even this machine's own loopback."""
        source = """
            import socket
            def f(port):
                with socket.create_connection(("127.0.0.1", port), 1) as s:
                    return s.send(b"x")
        """
        with listening() as (door, port):
            ran = sandbox.run(job(source, {"port": port}))
            assert ran.ending is Ending.RAISED
            assert not knocked(door)

    def test_processes_and_their_signals(self, sandbox: Sandbox) -> None:
        """None is started, none is found."""
        for call in (
            "os.fork()",
            "subprocess.run(['true'])",
            "os.system('true')",
            "os.kill(pid, 0)",
        ):
            source = f"import os, subprocess\ndef f(pid): return {call} or 'did'"
            ran = sandbox.run(job(source, {"pid": os.getpid()}))
            assert ran.ending is Ending.RAISED or ran.value not in (0, "did"), call

    def test_who_and_where(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody's rights, nothing of the environment, nothing installed."""
        monkeypatch.setenv("FAILONCE_BAIT", "secret")
        source = """
            import os, sys
            def f():
                return {"ids": [os.getuid(), os.geteuid(), os.getegid()],
                        "bait": "FAILONCE_BAIT" in os.environ,
                        "path": [p for p in sys.path if p.endswith("-packages")]}
        """
        value = sandbox.run(job(source)).value
        assert isinstance(value, dict)
        assert 0 not in value["ids"]
        assert value["bait"] is False
        assert value["path"] == []


class GrantConformance:
    """What was granted is there, and no more than that; or it is refused."""

    def test_a_folder_to_read(self, sandbox: Sandbox, tmp_path: Path) -> None:
        """Also one that only its owner may enter."""
        folder, beside = tmp_path / "granted", tmp_path / "beside"
        folder.mkdir(mode=0o700)
        beside.mkdir()
        (folder / "a").write_text("seen")
        (folder / "a").chmod(0o600)
        source = """
            import os
            def f(folder, beside):
                seen = open(folder + "/a").read()
                for path in (folder + "/a", folder + "/b"):
                    try:
                        open(path, "a").close()
                        seen += " written"
                    except OSError:
                        pass
                return [seen, os.path.exists(beside)]
        """
        args = {"folder": str(folder), "beside": str(beside)}
        ran = sandbox.run(job(source, args, grants=Grants(reads=(str(folder),))))
        if not _refused(ran):
            assert ran.value == ["seen", False]
        assert [p.name for p in folder.iterdir()] == ["a"]

    def test_a_folder_to_write(self, sandbox: Sandbox, tmp_path: Path) -> None:
        """What is written is there afterwards, and is its owner's."""
        folder = tmp_path / "granted"
        folder.mkdir(mode=0o700)
        source = """
            import os
            def f(folder):
                with open(folder + "/new", "w") as file:
                    file.write("x")
                for way in (lambda: os.chmod(folder + "/new", 0o4755),
                            lambda: os.symlink("/etc", folder + "/link"),
                            lambda: os.mknod(folder + "/device", 0o20600, 259)):
                    try:
                        way()
                    except OSError:
                        pass
        """
        grants = Grants(writes=(str(folder),))
        ran = sandbox.run(job(source, {"folder": str(folder)}, grants=grants))
        if not _refused(ran):
            assert ran.ending is Ending.RETURNED, ran.error
            assert [p.name for p in folder.iterdir()] == ["new"]
            made = (folder / "new").stat()
            assert made.st_uid == folder.stat().st_uid
            assert not made.st_mode & 0o7000

    @pytest.mark.parametrize(
        "path", ["/", "/proc", "/proc/1", "/sys", "/dev", "/etc", "a", "/a/../b"]
    )
    def test_what_is_never_lent(self, sandbox: Sandbox, path: str) -> None:
        """Whole machines, windows into the kernel, and what is no plain path."""
        for grants in (Grants(reads=(path,)), Grants(writes=(path,))):
            assert _refused(sandbox.run(job("def f(): return 1", grants=grants)))

    def test_homes_links_and_what_is_not_there(
        self, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A harmless name may not stand for something else."""
        (tmp_path / "inner").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "inner")
        (tmp_path / "inner" / "a").write_text("")
        with socket.socket(socket.AF_UNIX) as door:
            monkeypatch.chdir(tmp_path)
            door.bind("door")
        for path in (Path.home(), *(tmp_path / p for p in ("link", "link/a", "gone", "door"))):
            grants = Grants(reads=(str(path),))
            assert _refused(sandbox.run(job("def f(): return 1", grants=grants))), path

    def test_hosts(self, sandbox: Sandbox) -> None:
        """The port that was granted, and no other; how it is reached is said in `https_proxy`."""
        source = """
            import urllib.request
            def f(ports):
                got = []
                for port in ports:
                    try:
                        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                            got.append(page.read().decode())
                    except OSError:
                        got.append(None)
                return got
        """
        with listening() as (other, unwanted), listening() as (door, wanted):
            thread = threading.Thread(target=_serve, args=(door,))
            thread.start()
            grants = Grants(network=(f"127.0.0.1:{wanted}",))
            ran = sandbox.run(job(source, {"ports": [unwanted, wanted]}, grants=grants))
            if _refused(ran):
                with socket.create_connection(("127.0.0.1", wanted)) as own:
                    own.sendall(b"x\r\n\r\n")
            else:
                assert ran.value == [None, "hello"]
            thread.join()
            assert not knocked(other)

    @pytest.mark.parametrize("host", ["", "*", "a b", "a:0", "a:99999", "http://a", "a/b", "[::1"])
    def test_what_is_no_host(self, sandbox: Sandbox, host: str) -> None:
        """No patterns, no addresses of pages."""
        assert _refused(sandbox.run(job("def f(): return 1", grants=Grants(network=(host,)))))

    @pytest.mark.parametrize("name", ["no-such-package", "../x", "/etc", "", "a/b"])
    def test_packages_that_nobody_allowed(self, sandbox: Sandbox, name: str) -> None:
        """They are never installed for the asking."""
        assert _refused(sandbox.run(job("def f(): return 1", grants=Grants(packages=(name,)))))

    def test_programs(self, sandbox: Sandbox) -> None:
        """They run, and are gone when the answer is there."""
        source = """
            import subprocess, sys
            def f():
                subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
                echo = [sys.executable, "-c", "print('child')"]
                return subprocess.run(echo, capture_output=True, text=True).stdout
        """
        ran = sandbox.run(job(source, grants=Grants(subprocess=True)))
        if not _refused(ran):
            assert ran.value == "child\n"
            assert ran.ms < 30_000


class SandboxConformance(
    AnswerConformance, CallConformance, LimitConformance, WallConformance, GrantConformance
):
    """All that `ports.Sandbox` promises. Give it the fixture `sandbox`."""

    def test_nothing_is_left(self, sandbox: Sandbox) -> None:
        """No thread, no descriptor, no process of ours, however it ended."""
        sandbox.run(job("def f(): pass"))
        before = _own()
        for source in ("def f(): return 1", "def f(): 1 / 0", "def f():\n while True: pass", "("):
            sandbox.run(job(source, seconds=0.1))
        assert _own() == before


def _refused(ran: Ran) -> bool:
    if ran.ending is Ending.REFUSED:
        assert ran.error
        assert ran.value is None
        return True
    return False


def _serve(door: socket.socket) -> None:
    """Answer one request."""
    door.settimeout(60)
    with door.accept()[0] as caller:
        while b"\r\n\r\n" not in caller.recv(4096):
            pass
        caller.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")


def _own() -> tuple[int, int, int]:
    """Threads, descriptors and children of this process; what cannot be counted is 0."""
    if not sys.platform.startswith("linux"):
        return threading.active_count(), 0, 0
    children = sum(
        len(Path(f"/proc/self/task/{t.name}/children").read_text().split())
        for t in Path("/proc/self/task").iterdir()
    )
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), children
