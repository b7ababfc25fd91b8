"""From what was read of many bodies to rows of the store, in one transaction."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from failonce.adapters.intake.parsed import Parsed
from failonce.evidence.capture import Fresh, Identities, Ids, Sender
from failonce.model import Evidence
from failonce.ports import Added
from failonce.taking import Taking, teaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody sent in one request: who, when it arrived, and what was read of it.

    `key` is the sender's name for the request, empty where it gave none: the same content under
    the same key of the same source is taken in once. `start` is our own name for it, sixteen hex
    digits that are used for nothing else: kept again under it, it is the same post.
    """

    parsed: Parsed
    sender: Sender
    at: datetime
    key: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a post: of its `events` so many are `stored` now or were `duplicates`.

    The others are good lines of logs, which are counted and not kept. `failures` is triage's
    word. With an `error`, which is a fault of failonce's own, nothing of the post was kept.
    """

    events: int = 0
    stored: int = 0
    duplicates: int = 0
    failures: int = 0
    rejected: int = 0
    skipped: int = 0
    projects: tuple[str, ...] = ()
    """Those that something was kept of."""
    off: bool = False
    """True where nothing was kept because learning is off for all of its projects."""
    error: Exception | None = None


class Shelf(Protocol):
    """Of a store what a keeper needs."""

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Store several batches in one transaction, and tell of each; durable on return."""


class Keeper:
    """Takes in posts, as many at once as there are. Not shared between threads.

    Nothing is kept of a project that is not `wanted`, because learning is off for it.
    """

    def __init__(
        self, *, taking: Taking, store: Shelf, wanted: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._taking = taking
        self._store = store
        self._wanted = wanted

    def keep(self, posts: Sequence[Post]) -> Sequence[Kept]:
        """Store the events of all posts in one transaction, and tell of each; durable on return.

        Raises `StoreError` where nothing at all was stored.
        """
        made = [self._made(post) for post in posts]
        read = [m for m in made if not isinstance(m, Exception)]
        wanted = {p: self._wanted(p) for p in {e.call.project for m in read for e in m}}
        lots = [
            []
            if isinstance(m, Exception)
            else [e for e in m if teaches(e) and wanted[e.call.project]]
            for m in made
        ]
        added = self._store.add_all(lots)
        return [_kept(*parts) for parts in zip(posts, made, lots, added, strict=True)]

    def _made(self, post: Post) -> list[Evidence] | Exception:
        """The evidence of one post, or what went wrong: the others are taken in all the same."""
        ids: Ids = (
            Identities("post/1", post.sender.source, post.key)
            if post.key
            else Fresh(post.start or secrets.token_hex(8))
        )
        try:
            return list(
                self._taking.evidence(
                    post.parsed.recordings,
                    modified=post.at,
                    project="",
                    sender=post.sender,
                    ids=ids,
                )
            )
        except Exception as error:  # whatever it is, it is not the fault of the other posts
            return error


def _kept(post: Post, made: list[Evidence] | Exception, lot: list[Evidence], added: Added) -> Kept:
    if isinstance(made, Exception):
        return Kept(error=made)
    return Kept(
        events=len(made),
        stored=added.new,
        duplicates=added.duplicates,
        failures=sum(e.failed for e in lot),
        rejected=len(post.parsed.rejects),
        skipped=post.parsed.skipped,
        projects=tuple(dict.fromkeys(e.call.project for e in lot)),
        off=not lot and any(teaches(e) for e in made),
    )
