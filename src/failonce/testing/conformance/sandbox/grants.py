# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What is granted is there, and no more."""

import socket
import threading
from pathlib import Path

import pytest

from failonce.model import (
    Ending,
    Grants,
)
from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import job, knocked, listening, refused


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
        if not refused(ran):
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
        if not refused(ran):
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
            assert refused(sandbox.run(job("def f(): return 1", grants=grants)))

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
            assert refused(sandbox.run(job("def f(): return 1", grants=grants))), path

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
            if refused(ran):
                with socket.create_connection(("127.0.0.1", wanted)) as own:
                    own.sendall(b"x\r\n\r\n")
            else:
                assert ran.value == [None, "hello"]
            thread.join()
            assert not knocked(other)

    @pytest.mark.parametrize("host", ["", "*", "a b", "a:0", "a:99999", "http://a", "a/b", "[::1"])
    def test_what_is_no_host(self, sandbox: Sandbox, host: str) -> None:
        """No patterns, no addresses of pages."""
        assert refused(sandbox.run(job("def f(): return 1", grants=Grants(network=(host,)))))

    @pytest.mark.parametrize("name", ["no-such-package", "../x", "/etc", "", "a/b"])
    def test_packages_that_nobody_allowed(self, sandbox: Sandbox, name: str) -> None:
        """They are never installed for the asking."""
        assert refused(sandbox.run(job("def f(): return 1", grants=Grants(packages=(name,)))))

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
        if not refused(ran):
            assert ran.value == "child\n"
            assert ran.ms < 30_000


def _serve(door: socket.socket) -> None:
    """Answer one request."""
    door.settimeout(60)
    with door.accept()[0] as caller:
        while b"\r\n\r\n" not in caller.recv(4096):
            pass
        caller.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
