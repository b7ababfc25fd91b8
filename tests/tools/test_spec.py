"""tools/spec.py, run as `make spec` runs it, on small trees and on this repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "spec.py"
NUMBER = re.compile(r"[NSHCF][0-9]+[a-z]?")

SPECIFICATION = """# Specification

Tests use `@pytest.mark.proves("<number>")`.

- **N1** first
- **S29** second
- **S29a** third
- **C22a** fourth
"""


def run(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tree(root: Path, *tests: str, specification: str = SPECIFICATION) -> Path:
    (root / "docs").mkdir()
    (root / "docs" / "specification.md").write_text(specification, encoding="utf-8")
    (root / "tests" / "deep").mkdir(parents=True)
    for index, text in enumerate(tests):
        path = root / "tests" / "deep" / f"test_{index}.py"
        path.write_text("import pytest\n" + text, encoding="utf-8")
    return root


def test_without_proofs_every_number_is_listed_in_page_order(tmp_path: Path) -> None:
    result = run(tree(tmp_path))
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "N1",
        "S29",
        "S29a",
        "C22a",
        "4 of 4 lines are not proven yet",
    ]


@pytest.mark.parametrize(
    "test",
    [
        pytest.param('@pytest.mark.proves("S29")\ndef test(): ...\n', id="function"),
        pytest.param('@pytest.mark.proves("S29")\nasync def test(): ...\n', id="coroutine"),
        pytest.param('@pytest.mark.proves("S29")\nclass TestIt: ...\n', id="class"),
        pytest.param('class TestIt:\n    @pytest.mark.proves("S29")\n    def test(self): ...\n'),
        pytest.param('pytestmark = pytest.mark.proves("S29")\n', id="module"),
        pytest.param('pytestmark = [pytest.mark.slow, pytest.mark.proves("S29")]\n', id="list"),
        pytest.param('CASE = pytest.param(1, marks=pytest.mark.proves("S29"))\n', id="parameter"),
    ],
)
def test_a_marker_proves_its_number_and_no_other(tmp_path: Path, test: str) -> None:
    result = run(tree(tmp_path, test))
    assert (result.returncode, NUMBER.findall(result.stdout)) == (0, ["N1", "S29a", "C22a"])


def test_numbers_add_up_over_markers_and_files(tmp_path: Path) -> None:
    one = '@pytest.mark.proves("N1", "S29a")\n@pytest.mark.proves("S29")\ndef test(): ...\n'
    two = '@pytest.mark.proves("C22a", "N1")\ndef test(): ...\n'
    result = run(tree(tmp_path, one, two))
    assert (result.returncode, result.stdout) == (0, "0 of 4 lines are not proven yet\n")


def test_a_number_in_a_string_or_a_comment_proves_nothing(tmp_path: Path) -> None:
    text = "# @pytest.mark.proves('N1')\nTEXT = '@pytest.mark.proves(\"N1\")'\n"
    assert "N1" in run(tree(tmp_path, text)).stdout.splitlines()


def test_an_unknown_number_is_an_error_that_says_where(tmp_path: Path) -> None:
    result = run(tree(tmp_path, '@pytest.mark.proves("N1", "N99")\ndef test(): ...\n'))
    assert (result.returncode, result.stdout) == (2, "")
    assert "test_0.py:2: 'N99'" in result.stderr


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("@pytest.mark.proves()\ndef test(): ...\n", "test_0.py:2: proves() takes"),
        ("@pytest.mark.proves(NUMBER)\ndef test(): ...\n", "test_0.py:2: write each number"),
        ('@pytest.mark.proves(*["N1"])\ndef test(): ...\n', "test_0.py:2: write each number"),
        ("def test(:\n", "cannot be parsed"),
    ],
)
def test_a_marker_that_cannot_be_read_is_an_error(tmp_path: Path, test: str, message: str) -> None:
    result = run(tree(tmp_path, test))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ("# Specification\n", "no line of the form"),
        (SPECIFICATION + "- **N1** again\n", "more than one line numbered N1"),
    ],
)
def test_a_broken_specification_is_an_error(
    tmp_path: Path, specification: str, message: str
) -> None:
    result = run(tree(tmp_path, specification=specification))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_missing_specification_or_test_folder_is_an_error(tmp_path: Path) -> None:
    assert "cannot read" in run(tmp_path).stderr
    root = tree(tmp_path)
    (root / "tests" / "deep").rmdir()
    (root / "tests").rmdir()
    result = run(root)
    assert result.returncode == 2
    assert "not a folder" in result.stderr


def test_this_repository_has_128_lines_whose_numbers_stand_nowhere_else() -> None:
    text = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
    numbers = re.findall(r"^- \*\*(\w+)\*\* \S.*\*failonce:\* \S", text, re.MULTILINE)
    letters = {"N": 21, "S": 34, "H": 37, "C": 23, "F": 13}
    assert NUMBER.findall(text) == numbers
    assert {letter: sum(n[0] == letter for n in numbers) for letter in letters} == letters
    assert len(set(numbers)) == len(numbers) == 128


def test_this_repository_names_known_lines_only() -> None:
    result = run(ROOT)
    assert (result.returncode, result.stderr) == (0, "")
    *listed, summary = result.stdout.splitlines()
    assert all(NUMBER.fullmatch(line) for line in listed)
    assert summary == f"{len(listed)} of 128 lines are not proven yet"
    assert not NUMBER.search(summary)
