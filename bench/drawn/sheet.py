"""Figures beside the documented ones."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Sheet:
    """What the simulations found; `close` counts figures within what was documented."""

    figures: dict[str, float] = field(default_factory=dict)
    close: int = 0
    far: list[str] = field(default_factory=list)

    def line(
        self,
        name: str,
        found: float,
        documented: float | tuple[float, float],
        *,
        noise: float,
        unit: str = "%",
        key: str = "",
    ) -> None:
        """One figure. `documented` may be a range; within `noise` of it is close.

        Noise is about two standard errors of the difference of two such simulations, and
        more (twelve points, a third of a time) where the set-up had to be guessed.
        """
        low, high = documented if isinstance(documented, tuple) else (documented, documented)
        near = low - noise <= found <= high + noise
        self.close += bool(near)
        if not near:
            self.far.append(name)
        told = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        mark = "" if near else "   <- differs"
        print(f"  {name:58} {found:8.1f} {unit:4} documented {told}{mark}")
        if key:
            self.figures[key] = float(found)

    def head(self, text: str) -> None:
        """A headline."""
        print(f"\n{text}")
