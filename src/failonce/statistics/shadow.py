"""What a lesson that acts on calls was right about while it only watched.

A blocked call has no outcome, one that was let through has. The first call of each session
that a guardrail would have stopped, or a fixer changed, is a vote: right where the call
failed (and the caller later did what the fixer would have done), wrong where it worked.
Both values are e-values against a share of wrong votes of `TOLERATED`.
"""

from collections.abc import Sequence

from failonce.statistics.mixture import evidence, log_mean, log_of, scaled

TOLERATED = 0.10
"""Share of wrong votes between a lesson that is right and one that is not."""

_RIGHT = tuple(TOLERATED * x for x in (0.0, 0.1, 0.25, 0.5, 0.75))
_WRONG = tuple(TOLERATED + (1 - TOLERATED) * x for x in (0.05, 0.1, 0.25, 0.5, 0.75, 0.95))


def shadow_proof(right: int, wrong: int) -> float:
    """Evidence that fewer than one vote in ten is wrong: 36 right ones alone are a proof."""
    return _mixed(right, wrong, _RIGHT)


def shadow_harm(right: int, wrong: int) -> float:
    """Evidence that more than one vote in ten is wrong: two wrong ones at once are enough."""
    return _mixed(right, wrong, _WRONG)


def _mixed(right: int, wrong: int, shares: Sequence[float]) -> float:
    return evidence(
        log_mean(
            [
                scaled(right, log_of((1 - v) / (1 - TOLERATED)))
                + scaled(wrong, log_of(v / TOLERATED))
                for v in shares
            ]
        )
    )
