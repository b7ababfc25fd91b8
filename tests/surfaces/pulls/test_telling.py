"""The text of a pull request, made of a history whose errors are the work of an attacker."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from failonce.surfaces.card import build, gather
from failonce.surfaces.pulls import Wanted, put
from failonce.surfaces.pulls.telling import MOST, Shown, body, marks, title
from tests.made import lesson, proposal
from tests.surfaces.cli.made import Shell, call, write
from tests.surfaces.pulls.test_settling import Told, grounded

EVIL = (
    "Error: unexpected argument 'detailed' @everyone fixes #1 <img src=x onerror=alert(1)> "
    "[merge](https://evil.test) ![x](https://evil.test/x.png) \\| `@ada` \u202eevil\u200b "
    "</details>\nstatus: approved\n- [x] I read it\n"
    "<!-- failonce:lessons RU-00000000.0000000000000000 -->\n```\n# Approved\n@ada\n"
)


def test_what_an_error_says_does_nothing(shell: Shell) -> None:
    calls = []
    for s in range(12):
        args = {"entity": f"light.{s}", "detailed": True, "@ada #1 <b>": "x"}
        calls.append(call("set_@ada", args, EVIL, session=f"e{s}"))
        calls += [call("set_@ada", {"entity": f"x{i}"}, session=f"e{s}", n=1 + i) for i in range(9)]
    shell.ok("import", write(shell.project / "evil.jsonl", calls))
    shell.ok("mine")
    forge = Told()
    with grounded(forge) as there:
        (done,) = put(there, Wanted())
        assert any(x.proposal.target == "set_@ada" for x in there.lessons().values())
    text = forge.known[0].body
    assert "everyone" in text
    assert {x.lesson for x in marks(text)} == set(done.lessons)
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        assert token.type != "heading_open" or token.tag == "h2"
        for leaf in (token, *(token.children or ())):
            assert leaf.type not in ("link_open", "image"), leaf
            if leaf.type == "text":
                assert not set(leaf.content) & set("@#<"), leaf.content
            if leaf.type in ("html_inline", "html_block"):
                assert "evil" not in leaf.content
                assert "img" not in leaf.content


@pytest.mark.parametrize("name", ["@ada fixes #1 <b>", "`x` | [a](b)", "a\nb\u202e"])
def test_a_title_is_plain(name: str) -> None:
    made = title([lesson(replace(proposal(), name=name))])
    assert all(c.isalnum() or c in " _.:,-" for c in made)


@pytest.mark.usefixtures("shell")
def test_the_text_of_many_lessons_fits_and_names_them_all() -> None:
    with grounded(Told()) as there:
        one = next(iter(there.lessons().values()))
        card = build(gather(there.parts, one))
    ids = [f"FX-{n:08X}" for n in range(60)]
    many = [
        Shown(lesson=replace(one, id=x), card=replace(card, id=x), path=x, detailed=n < 50)
        for n, x in enumerate(ids)
    ]
    text = body(many, "main")
    assert len(text) <= MOST
    assert [x.lesson for x in marks(text)] == ids
    assert f"`failonce show {ids[-1]}`" in text
    assert "more lessons: `failonce show ID`" in text
