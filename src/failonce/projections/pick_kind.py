"""Which kind the second seed would make of a failure (S25): a table that users extend."""

from collections.abc import Mapping
from types import MappingProxyType

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

NO_WORDS: Mapping[str, KindName] = MappingProxyType({})


def pick_kind(template: str, own: Mapping[str, KindName] = NO_WORDS) -> KindName:
    """The kind of the first word that `template` contains, whatever its case; else a fixer.

    A user's `own` words are tried before `WORDS`, in their order.
    """
    text = template.casefold()
    for word, kind in (*own.items(), *WORDS.items()):
        if word.casefold() in text:
            return kind
    return KindName.FIXER
