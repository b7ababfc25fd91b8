"""What is missing among a project's tools, told from its history without a model (H2, H21, H23).

known   aggregates of a project, gathered once
asked   what is asked for and not there
faring  weak tools, learned ones that nobody uses
alike   tools that do the same
model   a suggestion, how sure it is, and the order
"""

from collections import Counter
from collections.abc import Iterable

from failonce.developing.suggesting.alike import alike
from failonce.developing.suggesting.asked import missing
from failonce.developing.suggesting.faring import faring
from failonce.developing.suggesting.known import known
from failonce.developing.suggesting.model import Advised, Found, Suggestion, Suggestions, ranked
from failonce.ports import Store

__all__ = ["Advised", "Suggestion", "Suggestions", "suggest"]


def suggest(
    store: Store,
    projects: Iterable[str],
    *,
    here: str = "",
    least: int = 2,
    limit: int | None = None,
) -> Suggestions:
    """Suggestions for the tools of these projects; nothing is written.

    Commands name a project where it is not the one `here`. `least` is how many sessions must have
    had a trouble, so that one that runs in circles suggests nothing; what a person asked for needs
    no second one. Costs what there is of tools and of classes of failures, and up to 200 failures
    of each class that says that something is missing.
    """
    found: list[Found] = []
    once = more = 0
    misspelled: Counter[str] = Counter()
    for project in projects:
        own = known(store, project, here=here, least=least)
        gone = missing(own)
        weak, weak_once = faring(own, gone.classes)
        found += _one_each([*weak, *gone.found, *alike(own)])
        once, more = once + gone.once + weak_once, more + gone.more
        misspelled.update({name: own.uses[name].calls for name in own.misspelled})
    told = ranked(found)
    shown = told if limit is None else told[:limit]
    return Suggestions(
        told=tuple(shown),
        more=len(told) - len(shown) + more,
        once=once,
        misspelled=len(misspelled),
        misspelled_calls=misspelled.total(),
    )


def _one_each(found: Iterable[Found]) -> list[Found]:
    """One suggestion for each tool: the first."""
    kept: dict[str, Found] = {}
    for one in found:
        kept.setdefault(one.suggestion.subject, one)
    return list(kept.values())
