"""failonce: make each mistake only once.

It records tool calls and errors, tells real failures from noise, groups them, and proposes
lessons that are proven on your own history before anyone sees them.

    advice = failonce.advise(tool, args, session=session, project=project)
    failonce.observe(tool, args, result, session=session, project=project)

Importing this package costs next to nothing; the store is opened at the first call.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failonce.errors import Blocked, FailonceError
    from failonce.model import Advice, AdviceAction, Lesson
    from failonce.surfaces.agents import capability
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
    from failonce.surfaces.learned import learned_tools
    from failonce.surfaces.watching.blocks import watching
    from failonce.surfaces.watching.host import Status, status
    from failonce.surfaces.watching.logs import LogHandler, install_excepthook
    from failonce.surfaces.watching.sessions import advice, override, session
    from failonce.surfaces.watching.watch import watch

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AdviceAction",
    "Blocked",
    "FailonceError",
    "Ingested",
    "Lesson",
    "LogHandler",
    "Status",
    "advice",
    "advise",
    "advise_failure",
    "capability",
    "close",
    "finish",
    "ingest_error",
    "install_excepthook",
    "learn",
    "learned_tools",
    "learning",
    "observe",
    "override",
    "session",
    "status",
    "watch",
    "watching",
]

_HOME = {
    "Blocked": "failonce.errors",
    "FailonceError": "failonce.errors",
    "Advice": "failonce.model",
    "AdviceAction": "failonce.model",
    "Lesson": "failonce.model",
    "Status": "failonce.surfaces.watching.host",
    "capability": "failonce.surfaces.agents",
    "status": "failonce.surfaces.watching.host",
    "LogHandler": "failonce.surfaces.watching.logs",
    "install_excepthook": "failonce.surfaces.watching.logs",
    "learned_tools": "failonce.surfaces.learned",
    "advice": "failonce.surfaces.watching.sessions",
    "override": "failonce.surfaces.watching.sessions",
    "session": "failonce.surfaces.watching.sessions",
    "watch": "failonce.surfaces.watching.watch",
    "watching": "failonce.surfaces.watching.blocks",
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
