"""The remote and the forge that the settings name."""

import os

from failonce.adapters.forges import Remote, slug_of
from failonce.compose.pull_settings import ForgeName
from failonce.compose.reading import Configuration
from failonce.errors import BadSetting
from failonce.ports import Forge


def remote(config: Configuration) -> Remote:
    """The git remote. Raises `BadInput` where the project is no clone of one."""
    settings = config.settings.pr
    return Remote(config.root, settings.remote, prefix=settings.branch)


def forge(config: Configuration, address: str) -> Forge | None:
    """What opens pull requests for a remote of this address; None where a person does.

    Raises `BadSetting` where something is missing.
    """
    from failonce.adapters.forges.github import API, HOST, GitHub  # noqa: PLC0415 - an extra's

    settings = config.settings.pr
    host, name = slug_of(address)
    wanted = settings.forge
    if wanted is None:
        wanted = ForgeName.GITHUB if host == HOST or settings.url else ForgeName.GIT
    if wanted is ForgeName.GIT:
        return None
    repository = settings.repository or name
    if repository.count("/") != 1:
        raise BadSetting(
            "The remote's address does not say which repository of GitHub it is. Name it: "
            "pr.repository."
        )
    token = os.environ.get(settings.token, "")
    if not token:
        raise BadSetting(
            f"The environment variable {settings.token} holds no token for GitHub. Set it, or have "
            'the branch pushed only: pr.forge = "git".'
        )
    return GitHub(url=settings.url or API, repository=repository, token=token)
