'''The form of a fixer that patches a repository (S9, S20, S33).

    match:
      component: shop.orders
      fingerprint: 00000000-0000-0000-0000-3f2a9c1d7b44
      message_regex: "No module named 'payments'"
    action:
      type: autopatch
      script: |
        """Names the payments package among the requirements."""

        def apply(repo_dir: str) -> bool: …      True where it changed something
        def reproduce(repo_dir: str) -> None: …  raises as the failure did, until it is mended
        def undo(repo_dir: str) -> bool: …       the way back, where it has one

The script is the file that the seed calls `autopatches/fx-<id>.py`. It is read as text here, and
runs in the sandbox on a copy of the repository, never where the repository is.
'''

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import Effect, Situation, Speaks, only, section, text
from failonce.kinds.lint import Finding, in_order, places
from failonce.kinds.permissions import permissions
from failonce.language import code, document, pattern
from failonce.model import Failure, Grants, Json, Proof

FORM: Final = "autopatch"
APPLY, REPRODUCE, UNDO = "apply", "reproduce", "undo"
_ARGUMENT: Final = "repo_dir"
_RETURNS: Final = {APPLY: "bool", REPRODUCE: "None", UNDO: "bool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchFixer:
    """Mends the repository that failures of `component` come from. Asked at no call."""

    component: str
    fingerprint: str
    message_regex: str
    script: str
    description: str
    grants: Grants = Grants()
    undoes: bool = False
    """Whether it declares the way back."""

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read a body of this form."""
        return cls.of(document.load(body), target)

    @classmethod
    def of(cls, parts: Mapping[str, Json], target: str) -> Self:
        """Read `match` and `action` of S20 for this form."""
        only(parts, "fixer", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "fingerprint", "message_regex")
        only(action, "action", "type", "script")
        if text(action, "type") != FORM:
            raise BadInput(f"The `type` of a fixer with a script is `{FORM}`.")
        return cls.written(
            text(action, "script"),
            component=text(match, "component", target),
            fingerprint=text(match, "fingerprint", ""),
            message_regex=text(match, "message_regex"),
        )

    @classmethod
    def written(
        cls, script: str, *, component: str, message_regex: str, fingerprint: str = ""
    ) -> Self:
        """The fixer of a script; raises `BadInput` saying what is wrong with it, and where."""
        if not message_regex:
            raise BadInput("A repository fixer needs the words of its failure (`message_regex`).")
        pattern.check(message_regex)
        tree = code.parsed(script)
        found = {f.name: f for f in code.public(tree)}
        for name in (APPLY, REPRODUCE):
            if name not in found:
                raise BadInput(f"The script needs `def {name}({_ARGUMENT}: str)`.")
        if strange := sorted(set(found) - set(_RETURNS)):
            raise BadInput(
                f"The script has `{strange[0]}` beside {', '.join(_RETURNS)}; begin the name of "
                "what these use with `_`."
            )
        for function in found.values():
            _check(function)
        doc = code.documented(tree) or code.documented(found[APPLY])
        if not doc:
            raise BadInput("The script needs a docstring that says what it mends.")
        return cls(
            component=component,
            fingerprint=fingerprint,
            message_regex=message_regex,
            script=script,
            description=doc,
            grants=permissions(code.constants(tree)),
            undoes=UNDO in found,
        )

    def render(self) -> str:
        """The body as YAML, the script in lines as it is."""
        return document.dump(
            {
                "match": {
                    "component": self.component,
                    "fingerprint": self.fingerprint,
                    "message_regex": self.message_regex,
                },
                "action": {"type": FORM, "script": document.Block(self.script)},
            }
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What in the script a reader should look at twice; it may always read and write files."""
        everywhere = Grants(
            network=self.grants.network, reads=("/",), subprocess=self.grants.subprocess
        )
        return in_order(places(code.parsed(self.script), everywhere))

    @property
    def speaks(self) -> Speaks:
        """Never: no call is changed by it."""
        return Speaks()

    def before(self, situation: Situation) -> Effect | None:  # noqa: ARG002 - nothing to say
        """Nothing."""
        return None

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002
        """Nothing."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        name = names.get(self.fingerprint)
        if name is None:
            return self
        return type(self).written(
            self.script,
            component=self.component,
            fingerprint=name,
            message_regex=self.message_regex,
        )

    def summary(self) -> str:
        """`patches the repository: names the package among the requirements`."""
        return f"patches the repository: {self.description}"

    def headline(self, proof: Proof) -> str:  # noqa: ARG002 - recorded calls say nothing of it
        """Recorded calls cannot try it."""
        return "Not tried on a repository yet."


def _check(function: code.Function) -> None:
    """One parameter `repo_dir`, and what the seed says of the answer."""
    given = function.args
    named = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    if named != [_ARGUMENT] or given.posonlyargs or given.vararg or given.kwarg:
        raise BadInput(
            f"`{function.name}` takes one argument, `{_ARGUMENT}` (line {function.lineno})."
        )
    if not code.plain_function(function):
        raise BadInput(f"`{function.name}` must be a plain function, not `async`.")
    returns = code.returned(function)
    if returns != _RETURNS[function.name]:
        raise BadInput(
            f"`{function.name}` must say that it returns `{_RETURNS[function.name]}` "
            f"(line {function.lineno})."
        )
