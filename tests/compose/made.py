"""Settings as they are read, and the files that they come from."""

from pathlib import Path

from failonce.compose import Configuration, configure


def read(**environ: str) -> Configuration:
    return configure(environ=environ)


def user(home: Path, text: str) -> Path:
    path = home / ".config/failonce/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def project(home: Path, text: str) -> Path:
    path = home / "project/failonce.toml"
    path.write_text(text)
    return path
