"""List the lines of the specification that no test proves yet (`make spec`).

The lines are read from docs/specification.md, the proofs from the `pytest.mark.proves("<number>")`
markers under tests/, wherever pytest accepts one: on a function or a class, in `pytestmark`, or in
the `marks` of a parameter. Tests are parsed, never imported. Exit codes: 0 listed, 2 the
specification or a marker is wrong.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^- \*\*([NSHCF][0-9]+[a-z]?)\*\* ", re.MULTILINE)


class SpecError(Exception):
    """The specification or a marker cannot be used; the message says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One number named by one marker, and where it stands (`file:line`)."""

    number: str
    where: str


def read_numbers(specification: Path) -> list[str]:
    """Return the numbers of the specification's lines, in the order of the page."""
    try:
        numbers = LINE.findall(specification.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"cannot read {specification}: {error.strerror}") from error
    if not numbers:
        raise SpecError(f"{specification}: no line of the form '- **<number>** text' found")
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise SpecError(f"{specification}: more than one line numbered {', '.join(twice)}")
    return numbers


def read_proofs(tests: Path) -> Iterator[Proof]:
    """Yield every number named by a `proves` marker in the Python files under `tests`."""
    if not tests.is_dir():
        raise SpecError(f"{tests} is not a folder; run this in the root of the repository")
    for path in sorted(tests.rglob("*.py")):
        try:
            tree = ast.parse(path.read_bytes(), filename=str(path))
        except (SyntaxError, ValueError) as error:
            raise SpecError(f"{path}: cannot be parsed: {error}") from error
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.proves":
                yield from _proofs_of(node, f"{path}:{node.lineno}")


def _proofs_of(marker: ast.Call, where: str) -> Iterator[Proof]:
    if not marker.args or marker.keywords:
        raise SpecError(f'{where}: proves() takes one or more numbers, as proves("<number>")')
    for argument in marker.args:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            raise SpecError(f"{where}: write each number as a plain string, so it can be found")
        yield Proof(number=argument.value, where=where)


def unproven(specification: Path, tests: Path) -> tuple[list[str], int]:
    """Return the numbers that no test proves, in page order, and the count of all lines."""
    numbers = read_numbers(specification)
    proofs = list(read_proofs(tests))
    unknown = [proof for proof in proofs if proof.number not in numbers]
    if unknown:
        places = "\n".join(f"  {proof.where}: {proof.number!r}" for proof in unknown)
        raise SpecError(f"markers name lines that {specification} does not have:\n{places}")
    proven = {proof.number for proof in proofs}
    return [number for number in numbers if number not in proven], len(numbers)


def main() -> int:
    """Print the unproven numbers, one per line, then their count; return the exit code."""
    parser = argparse.ArgumentParser(description="List the specification's unproven lines.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1])
    root: Path = parser.parse_args().root
    try:
        missing, total = unproven(root / "docs" / "specification.md", root / "tests")
    except SpecError as error:
        print(f"spec: {error}", file=sys.stderr)
        return 2
    for number in missing:
        print(number)
    print(f"{len(missing)} of {total} lines are not proven yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
