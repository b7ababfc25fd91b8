"""The container file copies what there is, runs commands that there are, and its steps work."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from failonce.compose.server_settings import PORT
from failonce.compose.settings import described, variable
from failonce.surfaces.server.app import OPEN
from tests.docs.pages import ROOT, commands, page, unknown

FILE = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STEPS = [line.split(None, 1) for line in FILE.splitlines() if line and line[0] not in " #"]
FIRST, LAST = (
    [step for step in part if step]
    for part in (
        STEPS[: [i for i, s in enumerate(STEPS) if s[0] == "FROM"][1]],
        STEPS[[i for i, s in enumerate(STEPS) if s[0] == "FROM"][1] :],
    )
)


def of(stage: list[list[str]], word: str) -> list[str]:
    """What an instruction is given, each time it stands there."""
    return [rest for name, rest in stage if name == word]


def copied() -> list[str]:
    """The files and folders of the checkout that go in."""
    return [x for rest in of(FIRST, "COPY") for x in rest.split()[:-1]]


def test_all_that_is_copied_is_there_and_reaches_the_builder() -> None:
    """`.containerignore` lets in what is copied, and nothing else of the checkout."""
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    for name in copied():
        assert (ROOT / name).exists(), name
        assert name in allowed or name.split("/")[0] in allowed, name
    assert allowed == {x if x in copied() else x.split("/")[0] for x in allowed}
    assert {x.split("/")[0] for x in copied()} == {x.split("/")[0] for x in allowed}


def test_it_is_nobody_in_particular_and_keeps_its_store_in_the_volume() -> None:
    """Not root, in every step after the last that installs."""
    names = [name for name, _ in LAST]
    (user,) = of(LAST, "USER")
    assert int(user) > 0
    assert f"--uid {user} " in of(LAST, "RUN")[0]
    assert names.index("USER") > max(i for i, n in enumerate(names) if n in ("RUN", "COPY"))
    (volume,) = of(LAST, "VOLUME")
    assert f"=sqlite:///{volume}/failonce.db" in of(LAST, "ENV")[0]
    assert of(LAST, "EXPOSE") == [str(PORT)]
    (health,) = of(LAST, "HEALTHCHECK")
    asked = re.search(rf"http://localhost:{PORT}(/[a-z/]+)'", health)
    assert asked
    assert asked[1] in OPEN
    assert " bubblewrap " in of(LAST, "RUN")[0]


def test_what_it_sets_are_settings_and_what_it_runs_are_commands() -> None:
    known = {variable(name) for name, _ in described()}
    named = set(re.findall(r"\b(FAILONCE_[A-Z_]+)=", FILE + page("deployment.md")))
    assert named <= known
    (command,) = of(LAST, "CMD")
    program, *words = json.loads(command)
    assert program == "failonce"
    assert not unknown(words)
    assert list(commands(page("deployment.md")))


def test_the_locked_requirements_are_hashed_and_name_no_registry() -> None:
    (loop,) = [run for run in of(FIRST, "RUN") if "--require-hashes" in run]
    extras = loop.split(" in ")[1].split(";")[0].split()
    assert {f"requirements/{x}.txt" for x in extras} == {
        x for x in copied() if x.startswith("requirements/")
    }
    assert "://" not in FILE.replace("http://localhost", "").replace("sqlite://", "")
    for one in of(FIRST, "FROM") + of(LAST, "FROM"):
        assert "/" not in one.split()[0]


@pytest.mark.torture
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing")
def test_its_steps_work_in_a_clean_folder(tmp_path: Path) -> None:
    """But for what apt installs: the folders are others, the commands those of the file."""
    source, target, data = tmp_path / "src", tmp_path / "failonce", tmp_path / "data"
    source.mkdir()
    data.mkdir()
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "PYTHON"))}
    for name, rest in FIRST:
        if name == "COPY":
            *names, _ = rest.split()
            for one in names:
                _copy(ROOT / one, source / one)
        if name == "RUN" and "apt-get" not in rest:
            line = rest.replace("/opt/failonce", str(target))
            line = re.sub(r"^python ", f"{sys.executable} ", line)
            subprocess.run(["sh", "-ec", line], cwd=source, env=plain, check=True, timeout=900)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "PATH": f"{target}/bin:{os.environ['PATH']}",
        "HOME": str(data),
        "FAILONCE_STORE__URL": f"sqlite:///{data}/failonce.db",
        "FAILONCE_SERVER__PORT": str(port),
    }
    program, *words = json.loads(of(LAST, "CMD")[0])
    check = json.loads(of(LAST, "HEALTHCHECK")[0].split("CMD ")[1].replace(str(PORT), str(port)))
    check[0] = str(target / "bin" / check[0])
    with subprocess.Popen([target / "bin" / program, *words], env=own, cwd=data) as server:
        try:
            end = time.monotonic() + 60
            while subprocess.run(check, env=own, check=False, capture_output=True).returncode:
                assert time.monotonic() < end
                assert server.poll() is None
                time.sleep(0.2)
        finally:
            server.terminate()
    assert server.returncode == 0
    assert (data / "failonce.db").is_file()
    static = next(target.rglob("surfaces/server/static"))
    assert (static / "vendor" / "htmx.min.js").is_file()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    else:
        shutil.copyfile(source, target)
