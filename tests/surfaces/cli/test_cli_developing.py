"""Asking for tools on the command line, with and without a model."""

import pytest

from tests.developing.made import pure
from tests.endpoint import Reply, coded, serving
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell

COUNT = pure(
    "word_counter", "return len(text.split())", '[{"arguments": {"text": "a b"}, "result": 2}]'
)


def test_without_a_model_a_wish_is_kept_as_a_gap(shell: Shell) -> None:
    said = shell.ok("tools", "want", "create a word counter").out
    assert "no language model is configured" in said
    assert "failonce gaps" in said
    assert "create a word counter" in shell.ok("gaps").out
    found = shell.ok("tools", "want", "create a word counter", "--json").json
    assert (found["came"], found["attempts"], found["lesson"]) == ("gap", 0, None)
    assert found["gap"]["reason"] == "not_connected"
    assert "No language model was asked" in shell.ok("tools", "bill").out
    assert "Model" not in shell.ok("status").out


@pytest.mark.proves("H17", "H25")
def test_with_a_model_a_wish_waits_and_the_bill_is_shown(shell: Shell) -> None:
    the_sandbox()
    with serving(coded(COUNT)) as server:
        shell.set("FAILONCE_MODEL__NAME", "scripted")
        shell.set("FAILONCE_MODEL__URL", server.url)
        shell.set("FAILONCE_MODEL__PRICE_IN", "1")
        shell.set("FAILONCE_MODEL__PRICE_OUT", "10")
        said = shell.ok("tools", "want", "create a word counter").out
    assert "waits for you" in said
    assert "somebody must have read the code" in said
    assert "failonce approve" in said
    bill = shell.ok("tools", "bill").out
    assert "scripted" in bill
    assert "1 request, 1,000 tokens, US$ 0.0037." in bill
    status = shell.ok("status").out
    assert "Model    scripted: 1,000 tokens today of 200,000" in status
    assert shell.ok("status", "--json").json["model"]["usd"] == pytest.approx(0.0037)
    assert "generated" in shell.ok("audit", "list").out
    assert shell.ok("audit", "verify").code == 0
    (waiting,) = shell.ok("lessons", "--json").json
    assert "written by scripted at temperature 0.3" in waiting["reason"]
    assert "a language model" in shell.ok("show", waiting["id"]).out


def test_what_was_not_learned_is_not_improved(shell: Shell) -> None:
    said = shell.ok("tools", "improve", "fetch", "--error", "boom", "--intent", "a page").out
    assert "was not learned" in said


def test_a_key_that_is_not_there_is_told_before_anything_is_asked(shell: Shell) -> None:
    with serving(Reply()) as server:
        shell.set("FAILONCE_MODEL__NAME", "scripted")
        shell.set("FAILONCE_MODEL__URL", server.url)
        shell.set("FAILONCE_MODEL__KEY", "NO_SUCH_KEY_HERE")
        run = shell.run("tools", "want", "create a word counter")
        assert not server.asked
    assert run.code == 2
    assert "NO_SUCH_KEY_HERE, which is not set" in run.err


def test_a_key_does_not_travel_in_the_open(shell: Shell) -> None:
    shell.set("FAILONCE_MODEL__NAME", "scripted")
    shell.set("FAILONCE_MODEL__URL", "http://models.example/v1")
    shell.set("FAILONCE_MODEL__KEY", "THE_KEY")
    shell.set("THE_KEY", "k-1")
    run = shell.run("tools", "want", "create a word counter")
    assert run.code == 2
    assert "https://" in run.err
    assert "k-1" not in run.err


def test_a_project_cannot_say_where_the_key_is_sent(shell: Shell) -> None:
    (shell.project / "failonce.toml").write_text('[model]\nurl = "https://evil.example"\n')
    run = shell.run("status")
    assert run.code == 2
    assert "a project cannot set `model`" in run.err
