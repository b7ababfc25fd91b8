"""The folders that the agent works in: built anew for every session, always the same."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sample.content import (
    ASPECTS,
    BOOKS_FUNCTIONS,
    GUIDE,
    LINTER,
    PEOPLE,
    PRODUCTS,
    SHOP_FUNCTIONS,
    SUBJECTS,
    Function,
)

_FIRST_COMMIT = "2026-10-19T08:00:00+0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A repository and a database that one project works on."""

    project: str
    repository: str
    database: str
    functions: tuple[Function, ...]

    def module(self, function: Function) -> str:
        """Return the path of a function's module from the workspace."""
        return f"{self.repository}/src/{function.module}.py"


SHOP = Firm(project="shop", repository="app", database="data/shop.db", functions=SHOP_FUNCTIONS)
BOOKS = Firm(
    project="ledger", repository="books", database="data/ledger.db", functions=BOOKS_FUNCTIONS
)


def clear(root: Path) -> None:
    """Empty a workspace and keep its folder, which running servers may hold open."""
    root.mkdir(exist_ok=True)
    for entry in root.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def build_firm(root: Path, firm: Firm, *, broken: Function | None, identity: bool) -> None:
    """Fill a workspace with a firm's repository (one function broken) and its database."""
    repository = root / firm.repository
    for folder in ("src", "tests", "tools", "docs"):
        (repository / folder).mkdir(parents=True)
    for folder in ("data", "reports", "remotes"):
        (root / folder).mkdir()
    _write_modules(repository, firm, broken)
    (repository / "README.md").write_text(GUIDE.format(title=firm.repository.title()))
    (repository / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n## 1.4\n- Labels\n")
    (repository / "docs" / "style.md").write_text("# Style\n\n- Short lines\n- No unused imports\n")
    (repository / "tools" / "lint.py").write_text(LINTER)
    (repository / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(200, 256)))
    _publish(root, firm, identity)
    with closing(sqlite3.connect(root / firm.database)) as connection, connection:
        connection.executescript(_shop_tables() if firm is SHOP else _books_tables())


def build_notes(root: Path) -> None:
    """Fill a workspace with notes on many subjects, a handbook under git and a catalogue."""
    for number, subject in enumerate(SUBJECTS):
        folder = root / "notes" / subject
        folder.mkdir(parents=True)
        for aspect in ASPECTS[number % 3 : number % 3 + 3]:
            lines = [f"# {subject.title()}: {aspect}", "", f"Keeper: {PEOPLE[number]}"]
            lines += [f"- {aspect} item {line}: {line * (number + 3)}" for line in range(1, 7)]
            lines += ["", f'Status: "open" since week {30 + number}', ""]
            (folder / f"{aspect.replace(' ', '-')}.md").write_text("\n".join(lines))
    log = "09:14 ERROR database is locked\n09:15 retried\n09:15 ok\n"
    (root / "notes" / "night.log").write_text(log)
    handbook = root / "handbook"
    (handbook / "pages").mkdir(parents=True)
    for subject in SUBJECTS:
        text = f'# {subject.title()}\n\nSee "notes/{subject}".\n\nOwner: nobody yet\n'
        (handbook / "pages" / f"{subject}.md").write_text(text)
    git(handbook, "init", "-q", "-b", "main")
    git(handbook, "add", ".")
    git(handbook, "commit", "-q", "-m", "The handbook as it was", identity=True)
    with closing(sqlite3.connect(root / "catalogue.db")) as connection, connection:
        connection.executescript(_catalogue_tables())


def git(directory: Path, *arguments: str, identity: bool = False) -> None:
    """Run git while a world is built; its output is nobody's business."""
    who = ("-c", "user.name=Setup", "-c", "user.email=setup@example.com") if identity else ()
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "HOME": str(directory),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _FIRST_COMMIT,
        "GIT_COMMITTER_DATE": _FIRST_COMMIT,
    }
    words = ["git", *who, *arguments]
    subprocess.run(words, cwd=directory, env=environment, check=True, capture_output=True)


def _write_modules(repository: Path, firm: Firm, broken: Function | None) -> None:
    for module in dict.fromkeys(function.module for function in firm.functions):
        parts, checks = [f'"""All about {module}."""\n'], []
        for function in firm.functions:
            if function.module == module:
                parts.append(function.source(function.bug if function is broken else function.body))
                checks.append(_check(function))
        (repository / "src" / f"{module}.py").write_text("\n\n".join(parts))
        names = ", ".join(f.name for f in firm.functions if f.module == module)
        head = f"import unittest\n\nfrom src.{module} import {names}\n\n\n"
        test = f"{head}class {module.title()}Test(unittest.TestCase):\n" + "\n".join(checks)
        (repository / "tests" / f"test_{module}.py").write_text(test)
    for package in ("src", "tests"):
        (repository / package / "__init__.py").write_text("")


def _check(function: Function) -> str:
    name = function.name
    call = f"{name}({function.arguments})"
    return f"    def test_{name}(self):\n        self.assertEqual({call}, {function.result})\n"


def _publish(root: Path, firm: Firm, identity: bool) -> None:
    """Make the first commits, a second branch that differs, and a remote."""
    repository, remote = root / firm.repository, root / "remotes" / f"{firm.repository}.git"
    remote.mkdir()
    git(remote, "init", "-q", "--bare", "-b", "main")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Everything so far", identity=True)
    git(repository, "remote", "add", "origin", str(remote))
    git(repository, "checkout", "-q", "-b", "release-1.5")
    changes = repository / "CHANGELOG.md"
    changes.write_text(changes.read_text().replace("Unreleased", "1.5"))
    git(repository, "commit", "-q", "-a", "-m", "Prepare 1.5", identity=True)
    git(repository, "checkout", "-q", "main")
    git(repository, "push", "-q", "-u", "origin", "main", "release-1.5")
    if identity:
        git(repository, "config", "user.name", "Agent")
        git(repository, "config", "user.email", "agent@example.com")


def _shop_tables() -> str:
    text = """
    CREATE TABLE products(sku TEXT PRIMARY KEY, name TEXT NOT NULL, price REAL, stock INTEGER);
    CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT NOT NULL, sku TEXT, quantity INTEGER,
        total REAL, placed_on TEXT);
    CREATE TABLE tickets(id INTEGER PRIMARY KEY, title TEXT, state TEXT);
    """
    for product in PRODUCTS:
        values = f"'{product.sku}', '{product.name}', {product.price}, {product.stock}"
        text += f"INSERT INTO products VALUES({values});\n"
    for number in range(1, 61):
        product, person = PRODUCTS[number * 7 % 12], PEOPLE[number * 5 % 12]
        day = f"2026-{7 + number % 4:02d}-{number % 27 + 1:02d}"
        count = number % 5 + 1
        values = f"{8000 + number}, '{person}', '{product.sku}', {count}"
        text += (
            f"INSERT INTO orders VALUES({values}, {round(count * product.price, 2)}, '{day}');\n"
        )
    return text + _tickets(SHOP)


def _books_tables() -> str:
    text = """
    CREATE TABLE accounts(number TEXT PRIMARY KEY, title TEXT NOT NULL);
    CREATE TABLE entries(id INTEGER PRIMARY KEY, account TEXT, amount REAL, customer_name TEXT,
        booked_on TEXT);
    CREATE TABLE tickets(id INTEGER PRIMARY KEY, title TEXT, state TEXT);
    """
    for number, title in enumerate(("Bank", "Sales", "Rent", "Wages"), start=1):
        text += f"INSERT INTO accounts VALUES('{number}000', '{title}');\n"
    for number in range(1, 41):
        values = f"{number}, '{number % 4 + 1}000', {number * 3.5}, '{PEOPLE[number % 12]}'"
        text += f"INSERT INTO entries VALUES({values}, '2026-{7 + number % 4:02d}-15');\n"
    return text + _tickets(BOOKS)


def _tickets(firm: Firm) -> str:
    rows = enumerate(firm.functions, start=1)
    return "".join(
        f"INSERT INTO tickets VALUES({number}, '{function.name} gives a wrong result', 'open');\n"
        for number, function in rows
    )


def _catalogue_tables() -> str:
    text = "CREATE TABLE items(code TEXT PRIMARY KEY, title TEXT, subject TEXT, added_on TEXT);\n"
    for number, subject in enumerate(SUBJECTS):
        for part in range(1, 4):
            values = f"'{subject[:3].upper()}-{part}', '{subject.title()} map {part}', '{subject}'"
            text += f"INSERT INTO items VALUES({values}, '2026-09-{number + part:02d}');\n"
    return text
