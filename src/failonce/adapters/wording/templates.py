"""Phrases from sandboxed Jinja templates.

A phrase is a file `<phrase>.j2`, such as `guardrail_message.j2`, or a block of the file of its
kind, such as `{% block message %}` of `guardrail.yaml.j2`; what stands around blocks is not
read. A template gets cleaned slots and nothing else: no globals, no loops, no other files. What
it renders becomes one line. Structure, states and ids never come from a template.
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from failonce.adapters.wording.cleaning import clean_slots, one_line
from failonce.errors import BadSetting
from failonce.ports import Phrase, Slots

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

MAX_TEMPLATE = 4096
"""Longest template in bytes."""
_BUILT_IN = Path(__file__).parent / "built_in"
_FILTERS = ("capitalize", "default", "length", "lower", "replace", "title", "trim", "upper")

SAMPLE = Slots(
    tool="read_file",
    argument="path",
    replacement="list_files",
    condition="`path` is given",
    error_type="ValidationError",
    category="invalid_args",
    template="unexpected keyword argument <arg:path>",
    steps="rename `path` to `file_path`",
    handler="circuit-breaker",
    witnesses="9 sessions",
    failures=14,
    sessions=9,
)
"""What `failonce config template test` fills in."""


class TemplateWording:
    """A `ports.Wording`. Templates in `folder` stand above the built-in ones, one by one.

    Raises `BadSetting` naming file and line, on the first use of a faulty template.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._compiled: dict[Phrase, Template] = {}

    def say(self, phrase: Phrase, slots: Slots) -> str:
        """The phrase with its slots filled: one line, at most 300 characters.

        Where the user's template comes to nothing for these slots, it is the built-in one.
        """
        if phrase not in self._compiled:
            self._compiled[phrase] = self._own(phrase) or _built_in(phrase)
        clean = clean_slots(slots)
        return _rendered(self._compiled[phrase], clean) or _rendered(_built_in(phrase), clean)

    def _own(self, phrase: Phrase) -> "Template | None":
        if self._folder is None:
            return None
        if not self._folder.is_dir():
            raise BadSetting(f"The folder of templates {self._folder} is not there.")
        file, block = self._folder / f"{phrase}.j2", ""
        if not file.exists():
            name, block = _place_in_kind(phrase)
            file = self._folder / name
        return _compile(file, block) if file.exists() else None


def _place_in_kind(phrase: Phrase) -> tuple[str, str]:
    """File and block: (`guardrail.yaml.j2`, `message`)."""
    kind, _, block = phrase.partition("_")
    return f"{kind}.yaml.j2", block or "reason"


@cache
def _built_in(phrase: Phrase) -> "Template":
    template = _compile(_BUILT_IN / f"{phrase}.j2")
    assert template is not None  # noqa: S101 - a whole file is there or an error
    return template


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCheck:
    """One template tried with sample values: `text` where it worked, else `error`."""

    phrase: str
    """The phrase, or the name of a file that is for none."""
    text: str = ""
    error: str = ""


def check_templates(folder: Path | None = None) -> Sequence[TemplateCheck]:
    """Render every phrase with `SAMPLE`, and name files that no phrase reads (S30)."""
    wording = TemplateWording(folder)
    checks = []
    for phrase in Phrase:
        try:
            checks.append(TemplateCheck(phrase=phrase, text=wording.say(phrase, SAMPLE)))
        except BadSetting as error:
            checks.append(TemplateCheck(phrase=phrase, error=str(error)))
    names = {*(f"{p}.j2" for p in Phrase), *(_place_in_kind(p)[0] for p in Phrase)}
    present = {p.name for p in folder.glob("*.j2")} if folder is not None else set()
    for name in sorted(present - names):
        unread = f"Nothing reads {name}. Name it as one of: {', '.join(sorted(names))}."
        checks.append(TemplateCheck(phrase=name, error=unread))
    return checks


@cache
def _environment() -> "SandboxedEnvironment":
    from jinja2 import StrictUndefined  # noqa: PLC0415 - 60 ms that most commands need not pay
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    # no autoescape: what is rendered is plain text, and surfaces escape it as they must
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals = {}
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


def _compile(file: Path, block: str = "") -> "Template | None":
    """The file, or one block of it; None where it has no block of that name."""
    from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes  # noqa: PLC0415

    environment = _environment()
    source = _source(file)
    try:
        tree = environment.parse(source, filename=str(file))
        if block:
            found = next((b for b in tree.find_all(nodes.Block) if b.name == block), None)
            if found is None:
                return None
            tree = nodes.Template(found.body, lineno=found.lineno)
        forbidden = next(tree.find_all((nodes.For, nodes.Macro, nodes.Pow, nodes.Mul)), None)
        if forbidden is not None:
            what = type(forbidden).__name__.lower()
            raise BadSetting(f"{file}:{forbidden.lineno}: phrases may not use `{what}`.")
        code = environment.compile(tree, filename=str(file))
    except TemplateSyntaxError as error:
        raise BadSetting(f"{file}:{error.lineno}: {error.message}.") from None
    except (TemplateError, RecursionError) as error:
        raise BadSetting(f"{file}: {error}.") from None
    return Template.from_code(environment, code, {})


def _source(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_TEMPLATE + 1)
        if len(raw) > MAX_TEMPLATE:
            raise BadSetting(f"{file} is longer than {MAX_TEMPLATE} bytes; a phrase is one line.")
        return raw.decode()
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{file} is no UTF-8 text.") from None


def _rendered(template: "Template", slots: Mapping[str, str | int]) -> str:
    try:
        return one_line(template.render(slots))
    except Exception as error:  # filters can raise anything
        raise BadSetting(f"{_place(template, error)}: {error}.") from None


def _place(template: "Template", error: Exception) -> str:
    """File and line; Jinja gives its frames the template's own."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if f.filename == template.filename]
    return f"{template.filename}:{lines[-1]}" if lines else str(template.filename)
