"""Modules of tools, in as few words as a test needs."""

from failonce.kinds.tool import LearnedTool

TITLE = '''"""Answers titles."""

CASES = [
    {"arguments": {"text": "a tale"}, "result": "A Tale"},
    {"arguments": {"text": ""}, "raises": "ValueError"},
]


def title(text: str) -> str:
    """Writes a title as titles are written."""
    if not text:
        raise ValueError("no title")
    return text.title()
'''


def module(code: str, *, before: str = "", name: str = "tool", given: str = "") -> str:
    """A module around some lines of code."""
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    return f'{before}\n\ndef {name}({given}) -> object:\n    """Does something."""\n{lines}\n'


def tool(code: str, *, before: str = "", given: str = "") -> LearnedTool:
    """The tool of a module around some lines of code."""
    return LearnedTool.parse(module(code, before=before, given=given), "tool")
