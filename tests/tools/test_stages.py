"""The stages as the source has them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import failonce

ROOT = Path(failonce.__file__).parent
STAGES = ("evidence", "signature", "proposal", "gate", "skill", "outcome")


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: say from where"
            names = [f"{node.module}.{a.name}" for a in node.names]
        yield from (name for name in names if name.startswith("failonce."))


def files(part: str) -> list[Path]:
    """Of a module or of a package."""
    found = ROOT / f"{part}.py"
    return [found] if found.exists() else sorted((ROOT / part).rglob("*.py"))


@pytest.mark.proves("H1")
def test_the_loop_calls_six_stages_that_do_not_know_one_another() -> None:
    """By what each imports; the loop through its own parts."""
    for stage in STAGES:
        assert files(stage)
        known = {name.split(".")[1] for path in files(stage) for name in imported(path)}
        assert not known & set(STAGES) - {stage}, stage
    reached, waiting = set[str](), ["loop"]
    while waiting:
        part = waiting.pop()
        reached.add(part)
        if part not in STAGES:
            found = {name.split(".")[1] for path in files(part) for name in imported(path)}
            waiting += found - reached
    assert set(STAGES) <= reached
