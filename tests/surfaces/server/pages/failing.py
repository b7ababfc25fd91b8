"""A store with failures that the pages tell of."""

from datetime import timedelta

from failonce.model import Action, Arm, Change, Effect, GapReason, GapStatus
from failonce.ports import Store
from failonce.testing.samples import START, evidence, exposure, gap, lesson, moved, proposed

DAY = timedelta(days=1)


def failing(store: Store) -> None:
    """Three classes: `f1` has a lesson in force, `f2` is back and a gap, `f3` is new."""
    old = [evidence(n, at=START - n * DAY, session=f"s{n}", signature="f1") for n in range(1, 25)]
    back = [
        evidence(100 + n, at=START - n * DAY, signature="f2", tool="put_item", template="was <id>")
        for n in (30, 1)
    ]
    new = evidence(200, signature="f3", tool="put_item", template="brand <int>", session="other")
    good = [evidence(300 + n, at=START - n * DAY) for n in range(20)]
    store.add([*old, *back, new, *good])
    first = lesson(1)
    store.commit(proposed(first))
    store.commit(moved(first, Action.APPROVE, minutes=-3 * 24 * 60 - 20 * 24 * 60))
    store.commit(
        Change(
            gaps=(
                gap(2, need="f2", reason=GapReason.NO_METHOD, detail="nothing tells them apart"),
                gap(3, need="f9", status=GapStatus.CLOSED, detail="a lesson answers it now"),
            ),
            exposures=tuple(
                exposure(n, effect=effect, arm=arm)
                for n, (effect, arm) in enumerate(
                    [
                        (Effect.PREVENTED, Arm.APPLIED),
                        (Effect.PREVENTED, Arm.HOLDOUT),
                        (Effect.REPAIRED, Arm.APPLIED),
                        (Effect.NO_EFFECT, Arm.APPLIED),
                        (Effect.NO_EFFECT, Arm.APPLIED),
                        (Effect.WRONG, Arm.APPLIED),
                    ]
                )
            ),
        )
    )
