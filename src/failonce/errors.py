"""Every error that failonce raises, in one tree.

    FailonceError
    ├── UserError            yours to mend: an argument, a file, a setting
    │   ├── BadInput             a file or value that cannot be used as given
    │   │   └── TooLarge             more of it than is taken at once
    │   ├── BadSetting           a setting that is unknown or out of range
    │   ├── NotFound             no lesson, event or project of that name
    │   └── Refused              understood, and not allowed
    │       ├── RefusedMove          the lesson's state does not allow this
    │       │   └── Outdated             it was decided on a text that is another one now
    │       ├── RefusedLesson        the lesson's own text or target is unsafe
    │       └── Blocked              a lesson stops this call of a watched tool
    ├── ToolFailed           a learned tool raised, or was ended at a limit
    ├── AuthorError          a language model is gone, slow, over its limits, or talks nonsense
    ├── RemoteError          a git remote or its forge is gone, refuses, or talks nonsense
    └── StoreError           the machine's: the store or the disk below it
        ├── StoreUnreadable      not a failonce store, damaged, or no permission
        ├── StoreNewer           written by a newer failonce
        ├── StoreFull            no room left to write
        ├── StoreBusy            another process holds it too long
        └── AuditBroken          the audit chain does not verify

The message of every error says what happened and what to do. Adapters translate the
errors of their libraries into these; surfaces print the message and exit with `code`.
"""

from typing import ClassVar


class FailonceError(Exception):
    """Base of every error that failonce raises on purpose."""

    code: ClassVar[int] = 1
    """Exit status of the command line."""


class UserError(FailonceError):
    """The caller's to mend."""

    code = 2


class BadInput(UserError):
    """A file or value that cannot be used as given."""


class TooLarge(BadInput):
    """More of it than is taken at once."""


class BadSetting(UserError):
    """A setting that is unknown, of the wrong type or out of range."""


class NotFound(UserError):
    """Nothing of that name is in the store."""


class Refused(UserError):
    """The request was understood and is not allowed."""

    code = 4


class RefusedMove(Refused):
    """The lesson's state does not allow this move."""


class Outdated(RefusedMove):
    """What was read is not what would be decided: the lesson has a newer version."""


class RefusedLesson(Refused):
    """The lesson's own text, name or target is unsafe."""


class Blocked(Refused):
    """A lesson stops this call of a watched tool; the message says what to do instead.

    `with failonce.override("why"):` runs it all the same.
    """

    tool: str = ""
    lessons: tuple[str, ...] = ()


class ToolFailed(FailonceError):
    """A learned tool raised, was ended at a limit, or cannot run here; the message says which."""


class AuthorError(FailonceError):
    """A language model gave no answer that can be used; the message says why.

    What was asked of it may have to be paid all the same: at most so many tokens.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """In US dollars, where a price is known."""
    ms: float = 0.0


class RemoteError(FailonceError):
    """A git remote, or the forge where it is, gave no answer that can be used.

    What was decided stands; the same command again goes on where this one stopped.
    """

    code = 3


class StoreError(FailonceError):
    """The store, or the disk below it, cannot do its work."""

    code = 3


class StoreUnreadable(StoreError):
    """The store is missing, damaged, of another program, or may not be opened."""


class StoreNewer(StoreError):
    """The store was written by a newer failonce."""


class StoreFull(StoreError):
    """There is no room left to write."""


class StoreBusy(StoreError):
    """Another process held the store for longer than we wait."""


class AuditBroken(StoreError):
    """The audit chain does not verify: an entry was changed, removed or forged."""
