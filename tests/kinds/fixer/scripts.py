"""Scripts that mend a repository, or pretend to."""

from failonce.kinds.fixer import PatchFixer

_DOC = '"""Names the payments package among the requirements."""'
SAYS = "No module named 'payments'"
APPLY = """
    file = Path(repo_dir, "requirements.txt")
    if "payments" in file.read_text():
        return False
    file.write_text(file.read_text() + "payments\\n")
    return True
"""
REPRODUCE = """
    if "payments" not in Path(repo_dir, "requirements.txt").read_text():
        raise ModuleNotFoundError("No module named 'payments'")
"""
UNDO = """
    file = Path(repo_dir, "requirements.txt")
    file.write_text(file.read_text().removesuffix("payments\\n"))
    return True
"""


def script(
    *, apply: str = APPLY, reproduce: str = REPRODUCE, undo: str = "", before: str = ""
) -> str:
    """A script of these bodies."""
    parts = [
        f"{_DOC}\n\nimport os\nfrom pathlib import Path\n{before}\n",
        _function("reproduce", "None", reproduce),
        _function("apply", "bool", apply),
    ]
    if undo:
        parts.append(_function("undo", "bool", undo))
    return "\n".join(parts)


def patch(text: str, *, says: str = SAYS) -> PatchFixer:
    """The fixer of a script."""
    return PatchFixer.written(text, component="shop.orders", message_regex=says)


def _function(name: str, returns: str, body: str) -> str:
    lines = body.strip("\n").rstrip()
    return f"\ndef {name}(repo_dir: str) -> {returns}:\n{lines}\n"
