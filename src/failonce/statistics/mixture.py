"""Sums of evidence in logarithms, where the evidence itself would leave the numbers."""

from collections.abc import Sequence
from math import exp, fsum, inf, log

MOST = 700.0
"""The logarithm at which evidence is cut off: more than that proves nothing more."""


def scaled(count: int, log_factor: float) -> float:
    """`count * log_factor`, where no observation is no evidence even of the impossible."""
    return count * log_factor if count else 0.0


def log_of(value: float) -> float:
    """The natural logarithm, with minus infinity for zero."""
    return log(value) if value > 0 else -inf


def log_mean(logs: Sequence[float]) -> float:
    """The logarithm of the mean of what these are the logarithms of."""
    return log_sum(logs) - log(len(logs))


def log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    top = max(logs)
    return top if top == -inf else top + log(fsum(exp(x - top) for x in logs))


def evidence(log_value: float) -> float:
    """The e-value of a logarithm, at most e^700."""
    return exp(min(log_value, MOST))
