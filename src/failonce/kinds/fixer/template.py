"""What a script that mends a repository begins with (S9, S33)."""

_TEXT = '''"""Say in one line what it mends: the reviewer reads this."""

from pathlib import Path

# What it may reach beside its copy of the repository. Whoever approves it grants it.
# PERMISSIONS = {"packages": ["pytest"]}


def reproduce(repo_dir: str) -> None:
    """Raise as the failure did, as long as it is there."""
    if "payments" not in Path(repo_dir, "requirements.txt").read_text():
        raise ModuleNotFoundError("No module named 'payments'")


def apply(repo_dir: str) -> bool:
    """Mend it. True where something was changed, False where it is mended already."""
    file = Path(repo_dir, "requirements.txt")
    if "payments" in file.read_text():
        return False
    file.write_text(file.read_text() + "payments\\n")
    return True


def undo(repo_dir: str) -> bool:
    """The way back; leave it out where there is none."""
    file = Path(repo_dir, "requirements.txt")
    file.write_text(file.read_text().removesuffix("payments\\n"))
    return True
'''


def template() -> str:
    """A script for a repository whose requirements lack a package."""
    return _TEXT
