"""Which kind the second seed would make of a failure (S25): a table that users extend."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from failonce.language.classification import first
from failonce.model import KindName

WORDS: Mapping[str, KindName] = MappingProxyType(
    dict.fromkeys(
        (
            "manifest",
            "xpath",
            "missing",
            "invalid",
            "forbidden",
            "permission",
            "keyerror",
            "valueerror",
        ),
        KindName.GUARDRAIL,
    )
)
"""Words of a template that speak for a guardrail: the call was wrong before it ran."""


def pick_kind(template: str, own: Iterable[tuple[str, KindName]] = ()) -> KindName:
    """The kind of the first word that `template` contains, whatever its case; else a fixer.

    A user's `own` patterns are tried before `WORDS`, in their order.
    """
    told = first(own, template)
    if told is not None:
        return told
    text = template.casefold()
    return next((kind for word, kind in WORDS.items() if word in text), KindName.FIXER)
