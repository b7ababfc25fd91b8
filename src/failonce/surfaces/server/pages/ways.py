"""The ways in, each with the lines that set it up, and when something last came through it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from failonce.adapters.sql_store import shown
from failonce.compose import Configuration
from failonce.surfaces.server.house import address, house_of
from failonce.surfaces.server.intake.parcel import Format
from failonce.surfaces.server.principal import Principal

TOKEN: Final = "$TOKEN"  # noqa: S105 - what stands for one
_ANY_HOST: Final = ("0.0.0.0", "::")  # noqa: S104 - not listened on here
_CHECK: Final = '''\
import hashlib, hmac

def from_failonce(body: bytes, signature: str, secret: str) -> bool:
    """`signature` is the header X-Hub-Signature-256, `body` the bytes as they came."""
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={signed}", signature)
'''


class Needs(StrEnum):
    """What somebody has to have before a way works."""

    TOKEN = "an ingest token"  # noqa: S105 - words
    REVIEW_TOKEN = "a review token"  # noqa: S105 - words
    SECRET = "a secret of its own"  # noqa: S105 - words
    NOTHING = "no token: the same machine and store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Something to copy."""

    caption: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in."""

    key: str
    title: str
    about: str
    needs: Needs
    lines: Sequence[Lines] = ()
    note: str = ""
    last: datetime | None = None
    """When something last came in through it, since the server started."""
    counted: bool = False
    """Whether that is known: what comes in beside the server is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """Who is told that a lesson waits."""

    where: str
    """The host that is told; empty where nobody is."""
    signed: bool
    lines: Sequence[Lines]


def base_of(request: Request) -> str:
    """Where programs find this server: as set, else as whoever asks has found it."""
    config = house_of(request).config
    settings = config.settings.server
    if settings.url is None and settings.host in _ANY_HOST:
        return f"http://{request.headers['host']}"
    return address(config)


def ways_in(request: Request, who: Principal, secret: str = TOKEN) -> Sequence[Way]:
    """All ways, for the token of this secret."""
    house = house_of(request)
    came = {} if house.intake is None else house.intake.came
    last = {way: at for (tenant, way), at in came.items() if tenant == who.tenant}
    base = base_of(request)
    found = [*_own(base, secret, last), *_others(base, secret, last)]
    if not who.tenant:  # the store of the machine, and the one secret of webhooks
        found += [_webhook(base, house.config, last), *_here(house.config)]
    return [*found, _rules(base, secret), _agents()]


def way_out(config: Configuration) -> WayOut:
    """How to be told, and how to know who tells."""
    settings = config.settings.server
    return WayOut(
        where=urlsplit(settings.notify_url or "").hostname or "",
        signed=bool(os.environ.get(settings.notify_secret or "")),
        lines=(
            Lines(
                caption="In the environment of the server",
                text="export FAILONCE_SERVER__NOTIFY_URL=https://chat.example.org/hooks/lessons\n"
                "export FAILONCE_SERVER__NOTIFY_SECRET=NOTIFY_SECRET   # a variable\n"
                'export NOTIFY_SECRET="$(openssl rand -hex 32)"',
            ),
            Lines(caption="Whoever receives it checks the signature", text=_CHECK),
        ),
    )


def _own(base: str, secret: str, last: Mapping[Format, datetime]) -> Sequence[Way]:
    bearer = f"-H 'Authorization: Bearer {secret}'".replace("'", '"' if secret == TOKEN else "'")
    return (
        Way(
            key="errors",
            title="Errors of a service",
            about="One object, a list, or a line each; only `error` must be there.",
            needs=Needs.TOKEN,
            lines=(
                Lines(
                    caption="curl",
                    text=f"curl {base}/api/errors {bearer} \\\n"
                    """  -d '{"error": "KeyError: partner_id", "component": "sync-orders", """
                    """"context": {"request_id": "r1"}}'""",
                ),
            ),
            last=last.get(Format.ERRORS),
            counted=True,
        ),
        Way(
            key="calls",
            title="Calls of tools",
            about="Good and bad ones: what worked shows what to do instead.",
            needs=Needs.TOKEN,
            lines=(
                Lines(
                    caption="curl",
                    text=f"curl {base}/api/calls {bearer} \\\n"
                    """  -d '{"tool": "get_entity", "args": {"detailed": true}, """
                    """"text": "Invalid arg", "is_error": true}'""",
                ),
            ),
            last=last.get(Format.CALLS),
            counted=True,
        ),
    )


def _others(base: str, secret: str, last: Mapping[Format, datetime]) -> Sequence[Way]:
    scheme, _, host = base.partition("://")
    key = "TOKEN" if secret == TOKEN else secret
    return (
        Way(
            key="sentry",
            title="Sentry",
            about="Any program with a Sentry client: only its DSN changes.",
            needs=Needs.TOKEN,
            lines=(Lines(caption="DSN", text=f"{scheme}://{key}@{host}/1"),),
            last=_newest(last, Format.SENTRY, Format.SENTRY_STORE),
            counted=True,
        ),
        Way(
            key="opentelemetry",
            title="OpenTelemetry",
            about="Traces and logs over HTTP: calls of tools by agents, and exceptions.",
            needs=Needs.TOKEN,
            lines=(
                Lines(
                    caption="Environment",
                    text=f"export OTEL_EXPORTER_OTLP_ENDPOINT={base}\n"
                    f'export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20{key}"\n'
                    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
                    "export OTEL_METRICS_EXPORTER=none",
                ),
            ),
            last=_newest(last, Format.TRACES, Format.LOGS),
            counted=True,
        ),
    )


def _webhook(base: str, config: Configuration, last: Mapping[Format, datetime]) -> Way:
    named = config.settings.server.webhook_secret
    if os.environ.get(named or ""):
        note = "The secret is set; webhooks are taken in."
    elif named:
        note = f"server.webhook_secret names {named}, which is empty: no webhook is taken in."
    else:
        note = "No secret is set yet, so no webhook is taken in."
    return Way(
        key="webhook",
        title="GitHub and other webhooks",
        about="Failed jobs, checks and deployments. At GitHub: Settings, Webhooks, content type "
        "application/json, the event Workflow jobs.",
        needs=Needs.SECRET,
        lines=(
            Lines(caption="Payload URL", text=f"{base}/api/webhooks"),
            Lines(
                caption="In the environment of the server",
                text="export FAILONCE_SERVER__WEBHOOK_SECRET=GITHUB_SECRET   # a variable\n"
                'export GITHUB_SECRET="$(openssl rand -hex 32)"   # GitHub gets the same',
            ),
        ),
        note=note,
        last=last.get(Format.WEBHOOK),
        counted=True,
    )


def _here(config: Configuration) -> Sequence[Way]:
    store = Lines(caption="The same store", text=f"export FAILONCE_STORE__URL={shown(config.url)}")
    return (
        Way(
            key="python",
            title="Python",
            about="In an agent: records what its tools do, and puts lessons in force there.",
            needs=Needs.NOTHING,
            lines=(
                Lines(
                    caption="Python",
                    text="import failonce\n\n\n@failonce.watch\n"
                    "def read_file(path: str) -> str:\n    return open(path).read()\n\n\n"
                    'with failonce.session("run-17", project="shop"):\n'
                    '    read_file("report.md")',
                ),
                Lines(
                    caption="One error, from a service",
                    text='import failonce\n\nfailonce.ingest_error({"error": '
                    '"KeyError: partner_id", "component": "sync-orders"})',
                ),
                store,
            ),
        ),
        Way(
            key="import",
            title="Recorded sessions and logs",
            about="Takes in what is there already: transcripts of agents, logs, JSON lines, CSV.",
            needs=Needs.NOTHING,
            lines=(Lines(caption="Shell", text="failonce import FILE-OR-FOLDER"), store),
        ),
    )


def _rules(base: str, secret: str) -> Way:
    shown = secret if secret != TOKEN else TOKEN
    quote = '"' if secret == TOKEN else "'"
    return Way(
        key="rules",
        title="A rule that an agent learned",
        about="Goes to the Skill Learning Audit: it waits for approval, or is applied at once "
        "where the mode is auto.",
        needs=Needs.REVIEW_TOKEN,
        lines=(
            Lines(
                caption="curl",
                text=f"curl {base}/api/lessons -H {quote}Authorization: Bearer {shown}{quote} "
                "-H 'Content-Type: application/json' \\\n"
                """  -d '{"skill_name": "homeassistant", "rule_content": """
                """"Leave out the argument detailed of get_entity.", """
                """"reason": "Invalid arg detailed"}'""",
            ),
        ),
    )


def _agents() -> Way:
    return Way(
        key="agents",
        title="Agents without code changes",
        about="Hooks of coding agents and an MCP proxy come with a later version. Until then: "
        "import their transcripts, or report their calls.",
        needs=Needs.NOTHING,
    )


def _newest(last: Mapping[Format, datetime], *ways: Format) -> datetime | None:
    return max((last[x] for x in ways if x in last), default=None)
