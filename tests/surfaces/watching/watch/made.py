"""A tool that is watched."""

# ruff: noqa: ARG001 - it takes what it does not use
import failonce


@failonce.watch
def read(path: str, /, lines: int = 10, *rest: str, **options: object) -> str:
    """Read a file."""
    if path == "gone":
        raise FileNotFoundError(path)
    return f"{path}:{lines}"
