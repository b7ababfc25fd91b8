"""Fixer: repairs a call, before it runs or once after it failed (S3, S20).

Its forms, told apart by `action.type`: `repair_arguments` (arguments), `insert_calls` (calls)
and `correct_names`, `fit_schema` (fitting). Patches of a repository are a later form.
"""

from collections.abc import Callable, Mapping
from typing import Final

from failonce.errors import BadInput
from failonce.kinds.behaviour import section, text
from failonce.kinds.fixer.arguments import ArgumentsFixer
from failonce.kinds.fixer.calls import CallsFixer
from failonce.kinds.fixer.fitting import Fit, FittingFixer
from failonce.kinds.fixer.moment import Moment
from failonce.language import document

Fixer = ArgumentsFixer | CallsFixer | FittingFixer

FORMS: Final[Mapping[str, Callable[[str, str], Fixer]]] = {
    "repair_arguments": ArgumentsFixer.parse,
    "insert_calls": CallsFixer.parse,
    **{str(fit): FittingFixer.parse for fit in Fit},
}


def parse(body: str, target: str) -> Fixer:
    """Read a fixer's body in the form that its `action.type` names."""
    form = text(section(document.load(body), "action"), "type")
    if form not in FORMS:
        raise BadInput(f"A fixer's `type` is one of: {', '.join(FORMS)}; not `{form}`.")
    return FORMS[form](body, target)


__all__ = [
    "FORMS",
    "ArgumentsFixer",
    "CallsFixer",
    "Fit",
    "FittingFixer",
    "Fixer",
    "Moment",
    "parse",
]
