"""One request to a language model, over pydantic-ai."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from failonce.adapters.language_model.endpoint import OWN, Dialect, Endpoint
from failonce.adapters.language_model.wording import ORDERS, code, prompt, tokens
from failonce.errors import AuthorError, BadSetting
from failonce.ports import Brief, Draft

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

_GRACE_S: Final = 5.0
"""Seconds that a request may take to end by itself once its time is over."""
_MOST_CODE: Final = 200_000
"""Characters of an answer that are kept; a tool may have far fewer."""
_PER: Final = 1_000_000


class ModelAuthor:
    """Writes tools with a language model (port `Author`).

    Raises `BadSetting` where what it needs is not installed.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        try:
            import anthropic  # noqa: F401, PLC0415 - an extra that few need, and slow to import
            import openai  # noqa: F401, PLC0415
            import pydantic_ai  # noqa: F401, PLC0415
        except ImportError as error:
            raise BadSetting(
                f"`model.name` is set, and {error.name} is not installed: "
                "pip install 'failonce[llm]'."
            ) from None
        self._at = endpoint

    @property
    def name(self) -> str:
        """Of the model."""
        return self._at.model

    def write(self, brief: Brief) -> Draft:
        """Ask once. Raises `AuthorError` saying what was wrong, with what it may have cost."""
        asked = prompt(brief)
        into = tokens(ORDERS) + tokens(asked)
        if brief.within is not None and into + self._at.max_tokens > brief.within:
            raise AuthorError(
                f"one request may take {into + self._at.max_tokens:,} tokens, and today's budget "
                f"has {brief.within:,} left (`model.budget_tokens`)"
            )
        begun = time.monotonic()
        try:
            response = self._answered(asked)
        except AuthorError as error:
            error.ms = (time.monotonic() - begun) * 1000
            if error.tokens_out:  # it may have been answered, and is paid for then
                error.tokens_in, error.cost = into, self._own_price(into, error.tokens_out)
            raise
        return self._draft(response, (time.monotonic() - begun) * 1000, into)

    # ------------------------------------------------------------- inside

    def _answered(self, asked: str) -> "ModelResponse":
        """The answer to one request, made on a thread of its own.

        The caller may have an event loop, and looking up a host cannot be called off.
        """
        done: queue.Queue[ModelResponse | BaseException] = queue.Queue()

        def ask() -> None:
            try:
                done.put(asyncio.run(_ask(self._at, asked)))
            except BaseException as error:
                done.put(error)

        threading.Thread(target=ask, daemon=True, name="failonce-model").start()
        try:
            came = done.get(timeout=self._at.seconds + _GRACE_S)
        except queue.Empty:
            raise self._late() from None
        if isinstance(came, BaseException):
            raise self._translated(came) from came
        return came

    def _translated(self, error: BaseException) -> AuthorError:
        """What went wrong, in our words: what a server says of itself is not shown."""
        from pydantic_ai import exceptions as theirs  # noqa: PLC0415 - see __init__

        match error:
            case theirs.ModelRateLimitError() | theirs.ModelQuotaExceededError():
                after = f" for {error.retry_after:g} s" if error.retry_after else ""
                return AuthorError(f"the language model takes no more requests{after}")
            case theirs.ModelAuthenticationError():
                return AuthorError("the language model does not take the key (`model.key`)")
            case theirs.ModelRequestTimeout() | theirs.ModelTimeoutError():
                return self._late()
            case theirs.ModelHTTPError(status_code=status):
                return AuthorError(f"the language model answered with status {status}")
            case theirs.ModelConnectionError() if _never_met(error):
                return AuthorError("the language model cannot be reached (`model.url`)")
        unread = AuthorError(f"the answer cannot be read ({type(error).__name__})")
        unread.tokens_out = self._at.max_tokens
        return unread

    def _late(self) -> AuthorError:
        late = AuthorError(f"no answer within {self._at.seconds:g} s (`model.timeout`)")
        late.tokens_out = self._at.max_tokens
        return late

    def _draft(self, response: "ModelResponse", ms: float, into: int) -> Draft:
        text = response.text or ""
        usage = response.usage
        # A server that does not say what it took is billed by what went over the wire.
        tokens_in, tokens_out = usage.input_tokens or into, usage.output_tokens or tokens(text)
        cost = self._price(response, tokens_in, tokens_out)
        if not text.strip():
            empty = AuthorError("the language model answered without a word")
            empty.tokens_in, empty.tokens_out = tokens_in, tokens_out
            empty.cost, empty.ms = cost, ms
            raise empty
        return Draft(
            source=code(text[:_MOST_CODE]),
            model=self._at.model,
            temperature=self._at.temperature,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=cost,
            ms=ms,
        )

    def _price(self, response: "ModelResponse", tokens_in: int, tokens_out: int) -> float | None:
        own = self._own_price(tokens_in, tokens_out)
        if own is not None or self._at.url not in (None, OWN[self._at.dialect]):
            return own  # another server has prices of its own, whatever its model is called
        try:
            return float(response.cost().total_price)
        except (LookupError, ValueError, AssertionError):  # not in its list
            return None

    def _own_price(self, tokens_in: int, tokens_out: int) -> float | None:
        prices = self._at.prices
        if prices is None:
            return None
        return (tokens_in * prices.into + tokens_out * prices.out) / _PER


def _never_met(error: BaseException | None) -> bool:
    """Whether there was no connection at all, so that nothing can have been answered."""
    import httpx2  # noqa: PLC0415 - see ModelAuthor

    while error is not None:
        if isinstance(error, httpx2.ConnectError):
            return True
        error = error.__cause__
    return False


async def _ask(at: Endpoint, asked: str) -> "ModelResponse":
    from pydantic_ai.direct import model_request  # noqa: PLC0415 - see ModelAuthor
    from pydantic_ai.messages import ModelRequest  # noqa: PLC0415
    from pydantic_ai.settings import ModelSettings  # noqa: PLC0415

    from failonce.adapters.language_model.carrying import client  # noqa: PLC0415

    settings = ModelSettings(
        temperature=at.temperature, max_tokens=at.max_tokens, request_timeout=at.seconds
    )
    async with client(at.seconds) as http:
        model = _MODELS[at.dialect](at, http)
        said = ModelRequest.user_text_prompt(asked, instructions=ORDERS)
        return await model_request(model, [said], model_settings=settings)


def _openai(at: Endpoint, http: object) -> "Model":
    from openai import AsyncOpenAI  # noqa: PLC0415 - see ModelAuthor
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    url = at.url or OWN[Dialect.OPENAI]
    api = AsyncOpenAI(
        base_url=url,
        api_key=at.key or "none",
        max_retries=0,
        http_client=http,  # type: ignore[arg-type]
    )
    if url == OWN[Dialect.OPENAI]:
        return OpenAIChatModel(at.model, provider=OpenAIProvider(openai_client=api))
    return OpenAIChatModel(at.model, provider=OpenAICompatibleProvider("own", openai_client=api))


def _anthropic(at: Endpoint, http: object) -> "Model":
    from anthropic import AsyncAnthropic  # noqa: PLC0415 - see ModelAuthor
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    url = at.url or OWN[Dialect.ANTHROPIC]
    api = AsyncAnthropic(
        base_url=url,
        api_key=at.key or "none",
        max_retries=0,
        http_client=http,  # type: ignore[arg-type]
    )
    return AnthropicModel(at.model, provider=AnthropicProvider(anthropic_client=api))


_MODELS: Final[dict[Dialect, Callable[[Endpoint, object], "Model"]]] = {
    Dialect.OPENAI: _openai,
    Dialect.ANTHROPIC: _anthropic,
}
