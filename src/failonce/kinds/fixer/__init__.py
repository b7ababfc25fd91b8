"""Fixer: repairs a call, before it runs or once after it failed (S3, S20).

Its forms, told apart by `action.type`: `repair_arguments` (arguments), `insert_calls` (calls),
`correct_names`, `fit_schema` (fitting), and `autopatch` (patch), which mends no call but the
repository that failures come from.
"""

from collections.abc import Callable, Mapping
from typing import Final

from failonce.errors import BadInput
from failonce.kinds.behaviour import section, text
from failonce.kinds.fixer.arguments import ArgumentsFixer
from failonce.kinds.fixer.calls import CallsFixer
from failonce.kinds.fixer.fitting import Fit, FittingFixer
from failonce.kinds.fixer.moment import Moment
from failonce.kinds.fixer.patch import FORM, PatchFixer
from failonce.language import document
from failonce.model import Json

Fixer = ArgumentsFixer | CallsFixer | FittingFixer | PatchFixer

FORMS: Final[Mapping[str, Callable[[Mapping[str, Json], str], Fixer]]] = {
    "repair_arguments": ArgumentsFixer.of,
    "insert_calls": CallsFixer.of,
    FORM: PatchFixer.of,
    **{str(fit): FittingFixer.of for fit in Fit},
}


def parse(body: str, target: str) -> Fixer:
    """Read a fixer's body in the form that its `action.type` names."""
    parts = document.load(body)
    form = text(section(parts, "action"), "type")
    if form not in FORMS:
        raise BadInput(f"A fixer's `type` is one of: {', '.join(FORMS)}; not `{form}`.")
    return FORMS[form](parts, target)


__all__ = [
    "FORMS",
    "ArgumentsFixer",
    "CallsFixer",
    "Fit",
    "FittingFixer",
    "Fixer",
    "Moment",
    "PatchFixer",
    "parse",
]
