"""What other installed packages add: kinds of lessons, handlers of hints.

They name a module under the entry point group `failonce`; it registers what it adds in
`kinds.registry.KINDS` or `kinds.hint.HANDLERS` where it is imported. Nobody looks for them before a
lesson names a kind or a handler that is not known.
"""

import logging
from typing import Final

GROUP: Final = "failonce"


def load() -> None:
    """Import them; one that cannot be imported is told of in the log and left out."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes as long as all else here

    for entry in entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:  # foreign code may raise anything
            logging.getLogger("failonce").warning("%s cannot be loaded: %s", entry.value, error)
