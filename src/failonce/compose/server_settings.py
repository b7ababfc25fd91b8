"""The settings of `failonce serve`."""

import os
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from failonce.compose.section import Section

PORT: Final = 8411


class Durable(StrEnum):
    """What a report that was answered with 202 survives."""

    PROCESS = "process"
    """The death of every process of ours; a power cut may take the last seconds."""
    POWER = "power"
    """A power cut as well: every batch waits for the disk."""


class ServerSettings(Section):
    """The dashboard, its API, and the ways in for errors."""

    host: str = Field(
        default="127.0.0.1",
        description="Address that it listens on. Another than a loopback one opens it to the "
        "network: put something that speaks HTTPS before it then. Default: `127.0.0.1`.",
    )
    port: int = Field(
        default=PORT, ge=0, le=65_535, description=f"Port that it listens on. Default: {PORT}."
    )
    url: str | None = Field(
        default=None,
        description="Its address as browsers see it, such as `https://failonce.example.org`. "
        "Default: `http://HOST:PORT`.",
    )
    hosts: str = Field(
        default="",
        description="Further names that it answers to, separated by commas; any other `Host` is "
        "refused. Default: none but its own address and `localhost`.",
    )
    workers: int = Field(
        default=max(1, min(2, os.cpu_count() or 1)),
        ge=1,
        le=64,
        description="Processes that redact, group and store what comes in. Default: one for each "
        "core, at most two.",
    )
    max_body_mb: int = Field(
        default=20,
        ge=1,
        le=1024,
        description="Largest body of one request, in MiB, also once it is unpacked. Default: 20.",
    )
    queue_mb: int = Field(
        default=64,
        ge=1,
        le=4096,
        description="Most that may wait to be stored, in MiB; what comes then is refused with 429 "
        "and told when to come again. Default: 64.",
    )
    requests_per_second: float = Field(
        default=1000,
        gt=0,
        description="Most requests a second of one token; more are refused with 429. "
        "Default: 1000.",
    )
    durable: Durable = Field(
        default=Durable.PROCESS,
        description="What a report survives once it is answered with 202: the death of the "
        "`process`, or a `power` cut as well (slower: each batch waits for the disk). "
        "Default: `process`.",
    )
    mine: bool = Field(
        default=True,
        description="Whether it looks for lessons by itself when something new came in. It rests "
        "twenty times as long as the last look took. Default: true.",
    )
    webhook_secret: str | None = Field(
        default=None,
        description="Name of the environment variable with the secret that webhooks sent to "
        "`/api/webhooks` are signed with. Default: none, and no webhook is taken in.",
    )
    notify_url: str | None = Field(
        default=None,
        description="Where it posts a line of JSON when a lesson begins to wait. Default: nowhere.",
    )
    notify_secret: str | None = Field(
        default=None,
        description="Name of the environment variable with the secret that such posts are signed "
        "with. Default: they are not signed.",
    )

    @field_validator("url", "notify_url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given is None:
            return None
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it takes an address such as https://failonce.example.org")
        return given.rstrip("/")
