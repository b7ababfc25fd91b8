"""What a host has at call time: what is in force, and the way for what it reports.

Neither opens the store on a thread of the host.
"""

from collections.abc import Callable
from dataclasses import dataclass

from failonce.adapters.in_force import InForce, file_beside
from failonce.adapters.spool import Sink, StoreSink, Writer, folder_beside
from failonce.adapters.sql_store import store_path
from failonce.compose import assemble
from failonce.compose.reading import Configuration
from failonce.ports import Clock
from failonce.signature.masks import SCHEME_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """The two of them, over one store."""

    in_force: InForce
    writer: Writer


def calling(config: Configuration, clock: Clock) -> Calling:
    """What a host needs, over the store that the settings name; nothing is opened yet.

    Once something was put the writer's thread looks for what is newly in force as well, and
    publishes what nobody did.
    """
    path, policy = store_path(config.url), config.policy
    in_force = InForce(file_beside(path), policy)

    def sink(pause: Callable[[], None]) -> Sink:
        return StoreSink.open(
            config.url,
            scheme=SCHEME_VERSION,
            pause=pause,
            policy=policy,
            clock=clock,
            weigh=lambda store, ids: assemble(config, store).review.weigh(only=ids),
        )

    def look(pause: Callable[[], None]) -> None:
        in_force.look(clock.now(), pause)

    writer = Writer(folder_beside(path), sink, chores=(look,))
    return Calling(in_force=in_force, writer=writer)
