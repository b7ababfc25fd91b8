"""What a patch did is found by comparing files, and some files are nobody's to change."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.gate.edits import counted, edited, edits, protected, secret, unified
from failonce.model import File, Tree

FILES = st.builds(
    File,
    content=st.text(alphabet="ab\n", max_size=12).map(str.encode) | st.binary(max_size=6),
    executable=st.booleans(),
)
TREES = st.dictionaries(
    st.sampled_from(["a.py", "b/c.txt", "d", "b/__pycache__/c.pyc", "e.pyc"]), FILES, max_size=5
)


@given(TREES, TREES)
def test_the_edits_lead_from_one_tree_to_the_other(before: Tree, after: Tree) -> None:
    """But for what running code leaves beside it."""
    derived = {"b/__pycache__/c.pyc", "e.pyc"}
    there = edited(before, edits(before, after))
    assert {p: f for p, f in there.items() if p not in derived} == {
        p: f for p, f in after.items() if p not in derived
    }
    assert {p: f for p, f in there.items() if p in derived} == {
        p: f for p, f in before.items() if p in derived
    }
    assert edits(before, before) == {}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a.py", "b/c.txt", "d"]),
        st.text(alphabet="ab \n", min_size=1, max_size=20).map(lambda t: File(content=t.encode())),
        max_size=3,
    ),
    st.dictionaries(
        st.sampled_from(["a.py", "b/c.txt", "d"]),
        st.text(alphabet="ab \n", min_size=1, max_size=20).map(lambda t: File(content=t.encode())),
        max_size=3,
    ),
)
def test_git_applies_the_difference_that_is_shown(
    tmp_path_factory: pytest.TempPathFactory, before: Tree, after: Tree
) -> None:
    """What a reviewer reads is what happens, by git's own reading of it."""
    done = edits(before, after)
    if not done:
        return
    root = tmp_path_factory.mktemp("applied")
    for path, file in before.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(file.content)
    text = "".join(f"{line}\n" for line in unified(before, done))
    applied = subprocess.run(
        ["git", "apply", "--unsafe-paths", "--whitespace=nowarn", "-"],
        cwd=root, input=text.encode(), capture_output=True, check=False,
        env={"GIT_CEILING_DIRECTORIES": str(root.parent), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert applied.returncode == 0, (applied.stderr, text)
    found = {
        p.relative_to(root).as_posix(): File(content=p.read_bytes())
        for p in root.rglob("*")
        if p.is_file()
    }
    assert found == after


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (".github/workflows/ci.yml", "build server"),
        ("sub/.gitlab-ci.yml", "build server"),
        ("Jenkinsfile", "build server"),
        (".circleci/config.yml", "build server"),
        ("azure-pipelines.yaml", "build server"),
        (".ci/run", "build server"),
        (".git/hooks/pre-commit", "hook"),
        ("x/.git/config", "hook"),
        (".husky/pre-push", "hook"),
        (".pre-commit-config.yaml", "hook"),
        (".gitattributes", "hook"),
        (".envrc", "hook"),
        (".vscode/tasks.json", "hook"),
        ("poetry.lock", "lock file"),
        ("web/package-lock.json", "lock file"),
        ("pnpm-lock.yaml", "lock file"),
        ("go.sum", "lock file"),
        ("bun.lockb", "lock file"),
        (".terraform.lock.hcl", "lock file"),
        ("requirements-lock.txt", "lock file"),
        ("CLAUDE.md", "agent"),
        ("docs/Agents.MD", "agent"),
        (".claude/settings.json", "agent"),
        (".cursor/rules/a.mdc", "agent"),
        (".cursorrules", "agent"),
        (".mcp.json", "agent"),
        ("mcp.json", "agent"),
        ("skills/x/SKILL.md", "agent"),
        ("failonce.toml", "agent"),
        (".env", "secrets"),
        ("deploy/.env.production", "secrets"),
        ("tls/server.KEY", "secrets"),
        ("id_ed25519", "secrets"),
        (".npmrc", "secrets"),
        ("config/credentials.json", "secrets"),
        ("secrets.yaml", "secrets"),
        ("a\u202eb.py", "nobody sees"),
        ("a\nb.py", "nobody sees"),
    ],
)
@pytest.mark.proves("S33")
def test_places_that_no_script_changes(path: str, what: str) -> None:
    assert what in protected(path)


@pytest.mark.parametrize(
    "path",
    ["a.py", "src/secrets.py", "docs/agents/intro.md", "lockfile.py", "locks/a.c", "blocks.md",
     "src/credentials/store.py", "environment.py", ".gitignore", "Dockerfile", "keys/map.json"],
)  # fmt: skip
def test_places_that_a_script_may_change(path: str) -> None:
    assert protected(path) == ""


def test_secrets_are_known_by_name() -> None:
    assert secret("a/.env")
    assert not secret("a/env.py")


def test_a_change_in_words() -> None:
    before = {"a": File(content=b"1\n2\n"), "b": File(content=b"\xff"), "c": File(content=b"")}
    after = {"a": File(content=b"1\n3\n4\n"), "b": File(content=b"\xfe"), "d": File(content=b"x")}
    done = edits(before, after)
    assert counted(before, done) == "4 files: a +2 −1, b changed, c gone, d +1 −0"
    shown = list(unified(before, done))
    assert "Binary files a/b and b/b differ" in shown
    assert "\\ No newline at end of file" in shown
    program = edits({"a": File(content=b"")}, {"a": File(content=b"", executable=True)})
    assert list(unified({"a": File(content=b"")}, program)) == ["a: is a program"]


def test_many_changes_are_counted_and_not_listed() -> None:
    done = edits({}, {f"f{n}": File(content=b"x\n") for n in range(8)})
    assert counted({}, done).startswith("8 files: f0 +1 −0, ")
    assert counted({}, done).endswith(", and 3 more")


def test_paths_are_those_of_the_tree(tmp_path: Path) -> None:
    """The comparison never looks at a disk."""
    assert edits({}, {str(tmp_path / "no"): File(content=b"")}) == {
        str(tmp_path / "no"): File(content=b"")
    }
