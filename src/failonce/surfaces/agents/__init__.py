"""failonce inside frameworks that run agents, each of them an extra.

pydantic_ai   a capability for pydantic-ai

The frameworks are imported where one of these functions is called, and nowhere else.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from failonce.model import Advice
    from failonce.surfaces.agents.pydantic_ai import Failonce, Named


def capability(
    *,
    project: "Named" = None,
    session: "Named" = None,
    task: "Named" = None,
    tenant: "Named" = None,
    read_only: Collection[str] = (),
    on_advice: "Callable[[Advice], object] | None" = None,
) -> "Failonce":
    """A capability for a pydantic-ai agent: its tool calls are recorded, and lessons act on them.

    `project` says whose lessons count, by default that of the working directory; `session` whose
    calls these are, by default the open `failonce.session`, else the conversation; `task` names
    work that recurs in several sessions; answers that hints keep are not shared between tenants.
    Each is a text, or a function of the run's `RunContext` that gives one. `read_only` names the
    tools that change nothing, beside those that say so themselves. `on_advice` is called with
    each `Advice` that has a message. Raises `ImportError` without the extra `pydantic-ai`.
    """
    try:
        import pydantic_ai  # noqa: F401, PLC0415 - of an extra
    except ImportError as error:
        needs = "failonce.capability needs pydantic-ai: pip install 'failonce[pydantic-ai]'"
        raise ImportError(f"{needs} ({error})") from None
    from failonce.surfaces.agents.pydantic_ai import Failonce  # noqa: PLC0415 - of an extra

    options: dict[str, Any] = {
        "project": project,
        "session": session,
        "task": task,
        "tenant": tenant,
        "read_only": frozenset(read_only),
        "on_advice": on_advice,
    }
    return Failonce(**options)
