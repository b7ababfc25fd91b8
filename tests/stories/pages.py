"""The pages of the stories: their code is what the tests run."""

import re
from pathlib import Path

_PAGES = Path(__file__).parents[2] / "docs" / "stories"
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def code(page: str) -> str:
    """The first block of code on a page."""
    found = _CODE.search((_PAGES / f"{page}.md").read_text(encoding="utf-8"))
    assert found, f"{page}.md holds no code"
    return found[1]
