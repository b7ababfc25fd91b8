"""The Python files of a toolbox, and the tools in all of them together.

Links are not followed: a file that one leads to within the folder is found there itself, and what
lies outside was not given. Passed over are hidden files, tests, what was installed there, and all
that is not named `*.py`.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from failonce.adapters.importers.python_tools import LONGEST, LeftOut, Why, read_tools
from failonce.adapters.importers.schema import refuse_name
from failonce.adapters.importers.tool_specs import TOOLS
from failonce.adapters.sources import Limits, sources
from failonce.errors import BadInput
from failonce.model import Offer, Reject, ToolSpec
from failonce.ports import Clock

FILES: Final = 5_000
"""Python files that are read at once."""
_INSTALLED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_SETUP: Final = frozenset({"conftest.py", "setup.py"})
_LEADS_OUT: Final = "a link that leads out of the folder; it was not followed"


@dataclass(slots=True, kw_only=True)
class Toolbox:
    """What was found; grows while files are read."""

    specs: list[ToolSpec] = field(default_factory=list)
    """Of each name one, in the order of the files."""
    left_out: list[LeftOut] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    """Files that were read to their end, as `ToolSpec.code` names them."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """What was not read, in a reader's words: `tests`, `other files`, …"""
    failed: int = 0
    """Paths that were given and could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    code: str
    given: bool


def read_folders(paths: Sequence[str], clock: Clock, box: Toolbox) -> Iterator[Reject]:
    """Read what these paths hold into `box`; yields what could not be read, with the reason."""
    offers: list[tuple[_File, Offer]] = []
    for number, item in enumerate(_files(paths, box)):
        if isinstance(item, Reject):
            yield item
            continue
        if number >= FILES or len(offers) >= TOOLS:
            reason = f"more than {FILES:,} files or {TOOLS:,} tools; the rest is left out"
            yield Reject(source=str(item.path), line=0, reason=reason, raw="")
            box.failed += 1
            break
        for found in _read(item, clock, box):
            if isinstance(found, Offer):
                offers.append((item, found))
            else:
                yield found
    for named in _told_apart(offers, box):
        if isinstance(named, Reject):
            yield named
        else:
            box.specs.append(named)


def _read(file: _File, clock: Clock, box: Toolbox) -> Iterator[Offer | Reject]:
    limits = Limits(whole=2 * LONGEST)
    (source,) = sources([file.path], stdin=BytesIO(), clock=clock, limits=limits)
    if isinstance(source, Reject):
        yield source
        box.failed += file.given
        return
    try:
        if (source.size or 0) > LONGEST:
            raise BadInput(f"longer than {LONGEST >> 10:,} KiB; nothing of it was read")
        for item in read_tools(source, file.code):
            if isinstance(item, LeftOut):
                box.left_out.append(item)
            else:
                yield item
    except BadInput as error:
        reason = str(error).removeprefix(f"{source.name}: ")
        yield Reject(source=source.name, line=0, reason=reason, raw="")
        box.failed += file.given
    else:
        box.files.add(file.code)
    finally:
        source.close()


def _told_apart(offers: Sequence[tuple[_File, Offer]], box: Toolbox) -> Iterator[ToolSpec | Reject]:
    """Tools of one name in several files are called by module too: `wifi.run`, `disk.run`."""
    named: defaultdict[str, list[tuple[_File, ToolSpec]]] = defaultdict(list)
    for file, offer in offers:
        named[offer.spec.name].append((file, offer.spec))
    for name, found in named.items():
        if len({repr(replace(spec, code="")) for _, spec in found}) == 1:
            yield found[0][1]
            box.left_out += [
                LeftOut(code=f.code, line=0, name=name, why=Why.TWIN) for f, _ in found[1:]
            ]
            continue
        for file, spec in found:
            whole = f"{_module(file.code)}.{name}"
            try:
                refuse_name(whole, "the tool")
            except ValueError as error:
                reason = f"tool {name!r} stands in several files, and with its module {error}"
                yield Reject(source=str(file.path), line=0, reason=reason, raw="")
                continue
            yield replace(spec, name=whole)


def _module(code: str) -> str:
    """`tools/net/wifi.py` → `net.wifi`."""
    folder, *parts = PurePosixPath(code).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__") or folder


# ------------------------------------------------------------ which files


def _files(paths: Sequence[str], box: Toolbox) -> Iterator[_File | Reject]:
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from _members(path, box)
        elif path.exists():
            code = f"{path.resolve().parent.name}/{path.name}"
            yield _File(path=path, code=code, given=True)
        else:
            box.failed += 1
            yield _refused(path, "there is no such file or folder")


def _members(folder: Path, box: Toolbox) -> Iterator[_File | Reject]:
    root = Path(os.path.realpath(folder))
    errors: list[OSError] = []
    for at, folders, names in os.walk(folder, onerror=errors.append):
        here = Path(at)
        below: list[str] = []
        for name in sorted(folders):
            why = _passed_folder(here / name)
            if (here / name).is_symlink():
                yield from _link(here / name, root, box)
            elif why:
                box.passed_over[why] += 1
            else:
                below.append(name)
        folders[:] = below
        for name in sorted(names):
            path, why = here / name, _passed_file(name)
            if why:
                box.passed_over[why] += 1
            elif path.is_symlink():
                yield from _link(path, root, box)
            elif path.is_file():
                code = f"{root.name}/{path.relative_to(folder).as_posix()}"
                yield _File(path=path, code=code, given=False)
            else:
                yield _refused(path, "no file that could be read")
    for error in errors:
        yield _refused(Path(str(error.filename)), f"cannot be listed ({error.strerror})")
        box.failed += error.filename == str(folder)


def _passed_folder(path: Path) -> str:
    if path.name.startswith("."):
        return "hidden folders"
    if path.name in _INSTALLED or (path / "pyvenv.cfg").exists():
        return "folders of installed packages"
    return ""


def _passed_file(name: str) -> str:
    if not name.endswith(".py"):
        return "other files"
    if name.startswith("."):
        return "hidden files"
    tests = name.startswith("test_") or name.endswith("_test.py") or name in _SETUP
    return "tests and setup files" if tests else ""


def _link(path: Path, root: Path, box: Toolbox) -> Iterator[Reject]:
    if Path(os.path.realpath(path)).is_relative_to(root):
        box.passed_over["links within the folder"] += 1
    else:
        yield _refused(path, _LEADS_OUT)


def _refused(path: Path, reason: str) -> Reject:
    return Reject(source=str(path), line=0, reason=reason, raw="")
