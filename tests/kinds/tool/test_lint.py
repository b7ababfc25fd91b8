"""What a reader of a tool's code should look at twice."""

import pytest

from failonce.kinds.tool import LearnedTool, findings
from tests.kinds.tool.made import TITLE, tool


def said(code: str, before: str = "") -> str:
    return "; ".join(f.what for f in findings(tool(code, before=before)))


@pytest.mark.proves("H4")
@pytest.mark.parametrize(
    ("code", "before", "what"),
    [
        ("import socket", "", "`socket` without a permission for network"),
        ("from urllib.request import urlopen", "", "`urllib` without a permission for network"),
        ("import subprocess", "", "`subprocess` without a permission for subprocess"),
        ("import os.path", "", "`os` without a permission for files"),
        ("import ctypes", 'PERMISSIONS = {"reads": ["/"]}', "`ctypes` reaches into Python itself"),
        ("return eval('1')", "", "`eval` runs text as code"),
        ("return __import__('os')", "", "`__import__` runs text as code"),
        ("return getattr(1, 'real')", "", "`getattr` looks names up"),
        ("return ().__class__.__subclasses__()", "", "`__subclasses__` reaches into Python"),
        ("open('/etc/passwd')", "", "`open` without a folder"),
        ("try:\n    pass\nexcept:\n    pass", "", "`except:` hides every error"),
        ("global x\nx = 1", "", "nothing stays between calls"),
        ("return call('fetch')", "", "it calls `fetch`, which is not among its `CALLS`"),
        ("return 1", 'CALLS = ["fetch"]', "its code does not name it"),
    ],
)
def test_places_that_ask_for_a_second_look(code: str, before: str, what: str) -> None:
    assert what in said(code, before)


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("import json, re, math\nreturn json.dumps(1)", ""),
        ("import os", 'PERMISSIONS = {"reads": ["/proc"]}'),
        ("import urllib.request", 'PERMISSIONS = {"network": ["example.org"]}'),
        ("import subprocess", 'PERMISSIONS = {"subprocess": True}'),
        ("return call('fetch', url='u')", 'CALLS = ["fetch"]'),
        ("return call('fe' + 'tch')", 'CALLS = ["fetch"]'),
    ],
)
def test_what_is_granted_and_plain_needs_none(code: str, before: str) -> None:
    assert said(code, before) == ""


def test_each_finding_has_its_line_and_they_come_in_order() -> None:
    found = findings(tool("import socket\nimport ctypes\nreturn eval('1')"))
    assert [f.line for f in found] == sorted(f.line for f in found)
    assert len(found) == 3
    assert findings(LearnedTool.parse(TITLE, "title")) == ()
