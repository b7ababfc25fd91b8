"""failonce: make each mistake only once.

It records tool calls and errors, tells real failures from noise, groups them, and proposes
lessons that are proven on your own history before anyone sees them.

    advice = failonce.advise(tool, args, session=session, project=project)
    failonce.observe(tool, args, result, session=session, project=project)

Importing this package costs next to nothing; the store is opened at the first call.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failonce.errors import FailonceError
    from failonce.model import Advice, AdviceAction, Lesson
    from failonce.surfaces.default import (
        Ingested,
        advise,
        advise_failure,
        close,
        finish,
        ingest_error,
        learn,
        learning,
        observe,
    )

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AdviceAction",
    "FailonceError",
    "Ingested",
    "Lesson",
    "advise",
    "advise_failure",
    "close",
    "finish",
    "ingest_error",
    "learn",
    "learning",
    "observe",
]

_HOME = {
    "FailonceError": "failonce.errors",
    "Advice": "failonce.model",
    "AdviceAction": "failonce.model",
    "Lesson": "failonce.model",
}


def __getattr__(name: str) -> object:
    """Load a public name where it is first used, so that the import stays cheap."""
    if name not in __all__:
        raise AttributeError(f"module 'failonce' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(_HOME.get(name, "failonce.surfaces.default")), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
