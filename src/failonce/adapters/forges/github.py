"""Pull requests at GitHub, and at what speaks its API (extra `github`)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from failonce.errors import BadSetting, RemoteError
from failonce.ports import Decider, Pull, PullState

if TYPE_CHECKING:
    from github.PullRequest import PullRequest

HOST: Final = "github.com"
API: Final = "https://api.github.com"
MOST_OPEN: Final = 1_000
MOST_CLOSED: Final = 300
"""Pull requests that are looked at, those that changed last before others."""
_TIMEOUT_S: Final = 30
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class GitHub:
    """A `ports.Forge` over one repository."""

    def __init__(self, *, url: str, repository: str, token: str) -> None:
        """`url` is the API's. Raises `BadSetting` where the extra is missing, or where the token
        would be sent where others can read it."""
        try:
            from github import Auth, Github, GithubRetry  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise BadSetting(
                f"Pull requests at GitHub need more packages ({error.name} is missing): "
                "pip install 'failonce[github]'. With pr.forge = \"git\" the branch is pushed, and "
                "you open the pull request."
            ) from None
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise BadSetting(f"pr.url is {url}: a token is sent over https:// only.")
        here = parts.hostname in _LOOPBACK
        # What was sent and not answered is not sent again: it may have been carried out.
        retry = GithubRetry(total=2, backoff_factor=0.5, max_rate_limit_wait=60,
                            allowed_methods=frozenset({"GET"}))  # fmt: skip
        self._github = Github(
            auth=Auth.Token(token),
            base_url=url,
            timeout=_TIMEOUT_S,
            retry=retry,
            seconds_between_requests=0 if here else 0.25,
            seconds_between_writes=0 if here else 1.0,
            lazy=True,
        )
        self._repository = self._github.get_repo(repository)
        self._name = repository

    def pulls(self, prefix: str) -> Sequence[Pull]:
        """The newest ones whose branches begin so, in whatever state, the oldest first."""
        with _translated(self._name):
            found = [
                *islice(self._repository.get_pulls(state="open"), MOST_OPEN),
                *islice(
                    self._repository.get_pulls(state="closed", sort="updated", direction="desc"),
                    MOST_CLOSED,
                ),
            ]
            ours = [_pull(x) for x in found if x.head.ref.startswith(prefix) and self._own(x)]
        return sorted(ours, key=lambda x: x.number)

    def decider(self, pull: Pull) -> Decider:
        """Who merged or closed it."""
        with _translated(self._name):
            found = self._repository.get_pull(pull.number)
            merged = pull.state is PullState.MERGED
            who = found.merged_by if merged else found.as_issue().closed_by
            return Decider(
                name=who.login if who is not None else "",
                person=who is not None and who.type == "User",
            )

    def open(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        """Open one; where there is one that is open already, that one as it is."""
        with _translated(self._name):
            owner = self._name.partition("/")[0]
            there = self._repository.get_pulls(state="open", head=f"{owner}:{branch}", base=base)
            for one in there:
                if self._own(one) and one.head.ref == branch:
                    return _pull(one)
            made = self._repository.create_pull(base=base, head=branch, title=title, body=body)
            return _pull(made)

    def rewrite(self, pull: Pull, *, title: str, body: str) -> None:
        """Give an open one another title and text."""
        with _translated(self._name):
            self._repository.get_pull(pull.number).edit(title=title, body=body)

    def close(self, pull: Pull) -> None:
        """Close one."""
        with _translated(self._name):
            self._repository.get_pull(pull.number).edit(state="closed")

    def _own(self, pull: "PullRequest") -> bool:
        """Whether its branch is one of the repository: to others anybody may write."""
        where = pull.head.repo
        return where is not None and where.full_name.lower() == self._name.lower()


def _pull(found: "PullRequest") -> Pull:
    merged = found.merged_at is not None
    over = PullState.MERGED if merged else PullState.CLOSED
    at: datetime = found.merged_at or found.closed_at or found.created_at
    return Pull(
        number=found.number,
        url=found.html_url,
        branch=found.head.ref,
        base=found.base.ref,
        title=found.title,
        body=found.body or "",
        state=PullState.OPEN if found.state == "open" else over,
        author=found.user.login if found.user is not None else "",
        at=at if at.tzinfo is not None else at.replace(tzinfo=UTC),
    )


@contextmanager
def _translated(repository: str) -> Iterator[None]:
    """Errors of the library and of the network in our words."""
    import requests  # noqa: PLC0415 - of the extra
    from github import GithubException  # noqa: PLC0415

    try:
        yield
    except GithubException as error:
        raise RemoteError(f"{repository}: {_refusal(error.status, error.message)}") from error
    except (requests.RequestException, OSError, AssertionError) as error:
        raise RemoteError(
            f"GitHub could not be reached for {repository} ({type(error).__name__}). Run the "
            "command again when it can."
        ) from error


def _refusal(status: int, told: str | None) -> str:
    match status:
        case 401:
            return "GitHub does not know the token. Set another one (pr.token names its variable)."
        case 403 | 404:
            return (
                "GitHub refused: the token may not do that, or there is no such repository. It "
                "needs to write contents and pull requests."
            )
        case _:
            words = " ".join((told or "no reason given").split())[:200].rstrip(".")
            return f"GitHub answered {status}: {words}. Run the command again when that is mended."
