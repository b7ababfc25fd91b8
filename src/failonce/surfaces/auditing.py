"""The record of decisions, checked as it stands at one moment."""

from failonce import audit as chain
from failonce.ports import Store


def verified(store: Store) -> chain.AuditReport:
    """The record of decisions checked, and the lessons against it, as of one moment."""
    while True:
        head = store.head()
        versions = [v for x in store.lessons() for v in store.versions(x.id)]
        found = chain.verify(store.entries(), versions)
        if found.intact or store.head() == head:
            return found  # else somebody decided while it was read
