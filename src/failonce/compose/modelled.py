"""The language model that the settings name, and what develops tools with it."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from failonce.adapters.language_model import Endpoint, Prices
from failonce.compose.reading import Configuration
from failonce.compose.settings import ModelSettings
from failonce.developing import Budget
from failonce.errors import BadSetting
from failonce.ports import Author

_NEAR = frozenset({"127.0.0.1", "::1", "localhost"})


def author(config: Configuration, environ: Mapping[str, str] | None = None) -> Author | None:
    """The model that is configured, None where none is.

    Raises `BadSetting` where its key is missing or would go over the network unprotected, or
    where the extra `llm` is not installed.
    """
    told = config.settings.model
    if told.name is None:
        return None
    from failonce.adapters.language_model.author import ModelAuthor  # noqa: PLC0415 - few need it

    prices = None
    if (told.price_in is None) != (told.price_out is None):
        raise BadSetting("`model.price_in` and `model.price_out` are given together, or neither.")
    if told.price_in is not None and told.price_out is not None:
        prices = Prices(into=told.price_in, out=told.price_out)
    return ModelAuthor(
        Endpoint(
            model=told.name,
            dialect=told.protocol,
            url=told.url,
            key=_key(told, os.environ if environ is None else environ),
            temperature=told.temperature,
            max_tokens=told.max_tokens,
            seconds=told.timeout.total_seconds(),
            prices=prices,
        )
    )


def budget(config: Configuration) -> Budget:
    """What a day may cost."""
    told = config.settings.model
    return Budget(tokens=told.budget_tokens, money=told.budget_money)


def _key(told: ModelSettings, environ: Mapping[str, str]) -> str:
    if told.key is None:
        return ""
    key = environ.get(told.key, "").strip()
    if not key:
        raise BadSetting(f"`model.key` names the variable {told.key}, which is not set.")
    at = urlsplit(told.url or "https://")
    if at.scheme == "http" and at.hostname not in _NEAR:
        raise BadSetting(
            "`model.url` is `http://` to another machine: the key would be read on its way. "
            "Use `https://`, or leave `model.key` out."
        )
    return key
