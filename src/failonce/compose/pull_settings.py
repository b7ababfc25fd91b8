"""Settings of pull requests: where lessons are put before people who review in a forge."""

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from failonce.compose.section import Section


class ForgeName(StrEnum):
    """What is asked to open pull requests."""

    GITHUB = "github"
    GIT = "git"
    """Nobody: branches are pushed, and a person opens the pull request."""


class PullSettings(Section):
    """Where pull requests go. A repository's own file cannot set this section."""

    forge: ForgeName | None = Field(
        default=None,
        description="Who opens pull requests: `github`, or `git`, with which branches are pushed "
        "to any remote and you open the pull request. Default: `github` where the remote is at "
        "github.com or `pr.url` is set, else `git`.",
    )
    remote: str = Field(
        default="origin",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$",
        description="Name of the git remote that branches are pushed to. Default: `origin`.",
    )
    base: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$",
        description="Branch that lessons are merged into; what stands there was reviewed. "
        "Default: the remote's own first branch.",
    )
    branch: str = Field(
        default="failonce",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$",
        description="What the names of our branches begin with, such as `failonce/waiting`. "
        "Default: `failonce`.",
    )
    url: str | None = Field(
        default=None,
        description="Address of the API of your own GitHub, such as "
        "`https://github.example.org/api/v3`. Default: that of github.com.",
    )
    repository: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$",
        description="The repository there, as `owner/name`. Default: read from the remote's "
        "address.",
    )
    token: str = Field(
        default="GITHUB_TOKEN",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Name of the environment variable with the token for GitHub, which may write "
        "contents and pull requests; the token itself is never stored. Default: `GITHUB_TOKEN`.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given is None:
            return None
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it takes an address such as https://github.example.org/api/v3")
        return given.rstrip("/")
