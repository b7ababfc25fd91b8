"""Every command that a page names is one, with its options."""

import pytest

from tests.docs.pages import DOCS, commands, page, unknown

PAGES = sorted({p.name for p in DOCS.glob("*.md")} - {"specification.md", "command-line.md"})
"""The last is compared with the commands one by one, in `tests/surfaces/cli/test_cli_help.py`."""


@pytest.mark.proves("S31")
@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_a_page_names_is_one(name: str) -> None:
    wrong = [(words, unknown(words)) for words in commands(page(name)) if unknown(words)]
    assert wrong == []


def test_what_is_no_command_is_found() -> None:
    """The comparison itself can fail."""
    assert unknown(["minee"]) == "no command 'minee'"
    assert unknown(["store", "nothing"]) == "no command 'nothing'"
    assert unknown(["mine", "--min-hits", "2", "--most", "3"]) == "--most"
    assert list(commands("`failonce mine --top 3`\n```sh\nfailonce gaps   # these\n```")) == [
        ["mine", "--top", "3"],
        ["gaps"],
    ]
