"""Failures that happen once or twice in the whole recording: too rare to learn from."""

from collections.abc import Mapping

from sample.desk import Desk

_DATABASE = "data/shop.db"
_CALLS: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    ("binary-file", "read_file", {"path": "app/logo.png"}),
    ("folder-as-file", "read_file", {"path": "app/docs"}),
    ("file-as-folder", "list_files", {"path": "app/README.md"}),
    ("folder-exists", "make_directory", {"path": "app/README.md"}),
    ("bad-pattern", "search_text", {"pattern": "total(", "path": "app"}),
    ("two-statements", "query", {"database": _DATABASE, "sql": "SELECT 1; SELECT 2"}),
    (
        "not-null",
        "query",
        {"database": _DATABASE, "sql": "INSERT INTO products(sku) VALUES('X-1')"},
    ),
    ("syntax", "query", {"database": _DATABASE, "sql": "SELECT * FORM orders"}),
    ("no-database-file", "query", {"database": "shop.db", "sql": "SELECT count(*) FROM orders"}),
    ("no-program", "run_command", {"command": "pytest -q", "directory": "app"}),
    ("no-branch", "git", {"arguments": ["rebase", "develop"], "directory": "app"}),
    ("branch-in-use", "git", {"arguments": ["branch", "-d", "main"], "directory": "app"}),
    ("no-merge", "git", {"arguments": ["merge", "--abort"], "directory": "app"}),
    ("no-resource", "fetch", {"url": "http://stock.internal/stocks"}),
)


def stumble(desk: Desk, number: int) -> None:
    """Make the odd call that belongs to this session's number, if one does."""
    turn, rest = divmod(number, 5)
    if rest == 2:
        name, tool, args = _CALLS[turn % len(_CALLS)]
        desk.session.call(tool, args, mistake=f"odd/{name}")
