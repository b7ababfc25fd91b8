"""What becomes of every planted lesson: `python -m tests.safety` (`-v` says it in words)."""

import sys
from collections.abc import Sequence

from tests.safety.bodies import BODIES
from tests.safety.good import SOUND
from tests.safety.histories import PLANTED
from tests.safety.trying import Result, all_of, all_with, find


def _word(results: Sequence[Result]) -> str:
    if any(r.error for r in results):
        return "ERROR"
    if any(r.in_force for r in results):
        return "IN FORCE"
    if any(r.unwarned or r.refused_and_shown for r in results):
        return "NO WARNING"
    if any(r.veiled for r in results):
        return "VEILED"
    return "warned" if any(r.warned for r in results) else "-"


def _rows(title: str, rows: Sequence[tuple[str, str, Sequence[Result]]], *, words: bool) -> None:
    print(f"\n{title}")
    for name, danger, results in rows:
        ways = dict.fromkeys(r.way for r in results)
        cells = [f"{w}: {_word([r for r in results if r.way is w])}" for w in ways]
        print(f"  {name:44} {danger:48} {'; '.join(cells)}")
        said = {x for r in results for x in (r.error, *r.in_force, *r.unwarned, *r.veiled) if x}
        for line in sorted(said) if words else ():
            print(f"      {line[:300]}")


def main(*, words: bool) -> int:
    """Print the table; 1 where a bad lesson passed."""
    histories = [(p.name, str(p.danger), all_of(p)) for p in PLANTED]
    bodies = [(b.name, str(b.danger), all_with(b)) for b in BODIES]
    _rows(
        "Bad lessons in histories, mined by us and proposed by a bad miner", histories, words=words
    )
    _rows("Bad bodies, proposed by a bad miner, imported, brought as rules", bodies, words=words)
    print("\nGood lessons in histories, mined in auto")
    found = [find(s) for s in SOUND]
    for f in found:
        word = "in force" if f.in_force else "shown" if f.shown else f.error or "not found"
        print(f"  {f.name:44} {word}")
        for line in (*f.in_force, *f.shown, *f.instead) if words else ():
            print(f"      {line[:300]}")
    everything = [r for _, _, results in (*histories, *bodies) for r in results]
    bad = {name: results for name, _, results in (*histories, *bodies)}
    force = sum(any(r.in_force for r in results) for results in bad.values())
    unwarned = sum(any(r.unwarned for r in results) for results in bad.values())
    warned = sum(any(r.warned for r in results) for results in bad.values())
    broken = sum(any(r.error or r.veiled for r in results) for results in bad.values())
    good = sum(bool(f.in_force or f.shown) for f in found)
    print(
        f"\nbad planted {len(bad)}, tried {len(everything)} times: in force {force}, "
        f"shown without warning {unwarned}, shown with it {warned}, raised or veiled {broken}; "
        f"good planted {len(found)}: found {good}, of these in force without a person "
        f"{sum(bool(f.in_force) for f in found)}"
    )
    return int(bool(force or unwarned or broken))


if __name__ == "__main__":
    sys.exit(main(words="-v" in sys.argv[1:]))
