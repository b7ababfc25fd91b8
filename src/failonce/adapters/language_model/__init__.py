"""A language model that writes the source of tools (port `Author`; extra `llm`).

endpoint  where it is, and how it is asked
wording   the brief as a prompt: orders are ours, evidence stands between marks; the reply as code
carrying  the connection: no redirects, no second tries, answers of bounded size
author    one request: bounded in time, priced; every trouble is an `AuthorError`
"""

from failonce.adapters.language_model.endpoint import Dialect, Endpoint, Prices

__all__ = ["Dialect", "Endpoint", "Prices"]
