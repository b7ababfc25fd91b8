"""A real Sentry client whose envelopes stay here."""

from collections.abc import Callable
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport

from failonce.adapters.intake import sentry
from failonce.adapters.intake.parsed import Parsed

DSN = "http://PUBLIC@127.0.0.1:9/1"


class _Kept(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent.append(envelope.serialize())


def sent(work: Callable[[], object], **options: Any) -> list[bytes]:
    """The envelopes that a client sends while `work` runs; what it raises is captured."""
    kept = _Kept()
    client = sentry_sdk.Client(
        dsn=DSN,
        transport=kept,
        default_integrations=False,
        integrations=[LoggingIntegration()],
        environment="prod",
        release="shop@1.2",
        **{"project_root": __file__.rpartition("/")[0], **options},
    )
    with sentry_sdk.isolation_scope() as outer, sentry_sdk.new_scope() as scope:
        outer.set_client(client)
        scope.set_client(client)
        try:
            work()
        except Exception as error:
            sentry_sdk.capture_exception(error)
        client.flush()
    client.close()
    return kept.sent


def reported(work: Callable[[], object], **options: Any) -> list[Parsed]:
    """The same, read."""
    return [sentry.read(one) for one in sent(work, **options)]
