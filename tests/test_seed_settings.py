"""The keys of the seed's `ini` file: what the page says of each is so."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.compose import configure
from failonce.compose.settings import described
from failonce.errors import BadSetting
from failonce.model import Grants, Limits, Mode

PAGE = Path(__file__).parents[1] / "docs" / "generated-tools.md"
KEYS = {
    "learning": "max_auto_tools min_confidence safety_mode max_failures learning_timeout "
    "learning_model",
    "gpt": "model temperature max_tokens",
    "sandbox": "timeout memory_limit network_access filesystem_access",
    "monitoring": "health_check_interval success_rate_window log_retention_days",
    "security": "require_approval audit_enabled blacklisted_imports max_tool_size "
    "min_security_score",
    "validation": "max_code_length max_functions",
}
"""Those that the document and its file name, by section; the main switch is another word here."""


def rows() -> dict[str, tuple[str, str]]:
    """Name of a key → what the page says it is called here, and what it says of it."""
    found: dict[str, tuple[str, str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `[") and len(cells) == 3:
            names = re.findall(r"\w+", re.sub(r"\[\w+\]", "", cells[0]))
            found |= dict.fromkeys(names, (cells[1].strip("`"), cells[2]))
    return found


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings file, in a home of its own; the working directory is no project."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".config" / "failonce" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.proves("H34")
@pytest.mark.parametrize(
    ("section", "key"), [(section, key) for section, keys in KEYS.items() for key in keys.split()]
)
def test_a_key_stands_on_the_page_and_is_never_silently_taken(
    toml: Path, section: str, key: str
) -> None:
    """One that is read has a name here that there is; each is refused under its own."""
    here, said = rows()[key]
    assert said
    if here:
        assert here in dict(described())
    toml.write_text(f"[{section}]\n{key} = 1\n")
    with pytest.raises(BadSetting, match=key if section == "learning" else section) as error:
        configure(environ={})
    if here and key != "min_confidence":  # there are two of that name
        assert here.split(".")[0] in str(error.value)


@pytest.mark.proves("H34")
@pytest.mark.parametrize("section", ["backup", "debugging"])
def test_a_section_of_which_nothing_is_read_is_refused_as_a_whole(toml: Path, section: str) -> None:
    assert f"| `[{section}]" in PAGE.read_text(encoding="utf-8")
    toml.write_text(f"[{section}]\nenabled = true\n")
    with pytest.raises(BadSetting, match=section):
        configure(environ={})


@pytest.mark.proves("H9", "H24")
@pytest.mark.parametrize(("word", "mode"), [("true", Mode.AUTO), ("false", Mode.MANUAL)])
def test_the_main_switch_is_another_word_for_the_mode(toml: Path, word: str, mode: Mode) -> None:
    toml.write_text(f"[learning]\nauto_learning_enabled = {word}\n")
    assert configure(environ={}).policy.default_mode is mode


@pytest.mark.proves("H24", "H25")
def test_what_the_page_says_of_defaults_is_so(toml: Path) -> None:
    """The numbers of the document, of which a model's name is a sample and no default."""
    assert not toml.exists()
    config = configure(environ={})
    assert (config.policy.max_tools, config.policy.min_confidence) == (50, 0.7)
    told = config.settings.model
    assert (told.name, told.temperature, told.max_tokens) == (None, 0.3, 2000)
    assert config.policy.limits == Limits(seconds=10.0, memory_bytes=512 << 20)
    assert config.policy.unread == Grants(), "no network, no files, no programs"


@pytest.mark.proves("H24", "H25", "H26", "H34")
@pytest.mark.parametrize(
    "key", [k for k, (here, _) in rows().items() if here and k != "auto_learning_enabled"]
)
def test_a_key_with_a_name_here_has_the_default_that_is_told(toml: Path, key: str) -> None:
    assert not toml.exists()
    here, said = rows()[key]
    section, name = here.split(".")
    default = getattr(getattr(configure(environ={}).settings, section), name)
    if isinstance(default, timedelta):
        default = int(default.total_seconds())
    assert said.startswith("no default" if default is None else str(default))
