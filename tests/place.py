"""A place where stories happen: a store, the command line, agents as processes."""

import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

from failonce.surfaces.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder with a store of its own; nothing from outside reaches it.

    `holdout`: some sessions go without a lesson. `site`: a folder of packages installed here.
    """

    folder: Path
    holdout: bool = False
    site: Path | None = None
    url: str = ""
    """Where the store is, if not in the folder."""

    @property
    def env(self) -> dict[str, str]:
        """The environment of all processes here."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
        path = filter(None, (self.site and str(self.site), plain.get("PYTHONPATH")))
        if self.url:  # what is kept beside a file is kept there for a store on a server
            plain["XDG_DATA_HOME"] = str(self.folder / "data")
        return plain | {
            "FAILONCE_STORE__URL": self.url or f"sqlite:///{self.folder}/store.db",
            "FAILONCE_OUTCOME__HOLDOUT": str(self.holdout).lower(),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *command: str, wrong: bool = False, **more: str) -> str:
        """What a Python command prints; it must end well, or with `wrong`, badly."""
        done = subprocess.run(
            [sys.executable, *command],
            capture_output=True,
            text=True,
            env=self.env | more,
            cwd=self.folder,
            check=False,
            timeout=300,
        )
        assert (done.returncode != 0) is wrong, done.stdout + done.stderr
        return done.stdout + (done.stderr if wrong else "")

    def agent(self, code: str, *args: object) -> Any:
        """What an agent's last line says, as JSON."""
        out = self.run("-c", code, *map(str, args))
        return json.loads(out.strip().splitlines()[-1])

    def failonce(self, *args: str, wrong: bool = False) -> str:
        """What `failonce …` prints; in this process, but where a `site` is installed."""
        if self.site:
            return self.run("-m", "failonce", *args, wrong=wrong)
        out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
        here = patch.dict(os.environ, self.env, clear=True)
        with here, chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
            code = main(args)
        said, told = _text(out), _text(err)
        assert (code != 0) is wrong, said + told
        return said + (told if wrong else "")

    def mine(self) -> str:
        """Mine the project of all stories."""
        return self.failonce("mine", "--project", "shop")

    def lessons(self, **wanted: str) -> list[dict[str, Any]]:
        """The lessons, or those with these fields."""
        found = json.loads(self.failonce("lessons", "--json"))
        return [x for x in found if all(x.get(k) == v for k, v in wanted.items())]


def _text(written: TextIOWrapper) -> str:
    assert isinstance(written.buffer, BytesIO)
    return written.buffer.getvalue().decode()
