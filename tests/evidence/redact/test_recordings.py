"""Every field of a recording, and what is cut of the long ones."""

import json
from dataclasses import replace

from failonce.evidence.secrets import ARGS, MESSAGE
from failonce.model import Call, Parameter, Recording, Reject, ToolSpec
from tests.evidence.redact.made import PASSWORD, TOKENS


def test_arguments_are_redacted_by_key_and_by_text(redactor):
    token = TOKENS["github-token"]
    cleaned = redactor.args(
        {
            "user": "me",
            "password": PASSWORD,
            "pin": 1234,
            "auth": {"user": "me", "codes": [12345, "x"], "on": True},
            "headers": {"Authorization": PASSWORD, "Accept": "*/*"},
            "list": [{"name": "Cookie", "value": PASSWORD}],
            "argv": ["login", "--token", PASSWORD, "--user", "me"],
            "command": f"TOKEN={token} run",
            token: 1,
            "empty": {"password": "", "token": None},
        }
    )
    assert PASSWORD not in json.dumps(cleaned)
    assert token not in json.dumps(cleaned)
    assert cleaned["user"] == "me"
    assert cleaned["pin"] == 1234
    assert cleaned["auth"] == {
        "user": "<redacted:authorization>",
        "codes": ["<redacted:authorization>"] * 2,
        "on": True,
    }
    assert cleaned["headers"]["Accept"] == "*/*"
    assert cleaned["argv"] == ["login", "--token", "<redacted:token>", "--user", "me"]
    assert cleaned["empty"] == {"password": "", "token": None}
    assert redactor.args(cleaned) == cleaned


def test_no_field_of_a_recording_is_left_out(redactor):
    token = TOKENS["npm-token"]
    call = Call(
        tool=token,
        args={"a": token},
        raw=token,
        session=token,
        project=token,
        task=token,
        trace=token,
        parent=token,
    )
    dirty = Recording(call=call, text=token, error_type=token, tags=(token,))
    assert token not in repr(replace(redactor.clean(dirty), id=None))
    assert token not in repr(redactor.reject(Reject(source="s", line=1, reason=token, raw=token)))


def test_arguments_that_could_not_be_decoded_hold_no_secret_either(redactor):
    sent = '{"user": "ada", "password": "hunter2xyz", "note": "unterminated'
    raw = redactor.clean(Recording(call=Call(tool="t", raw=sent), text="")).call.raw
    assert "hunter2xyz" not in raw
    assert '"user": "ada"' in raw
    assert (
        len(redactor.clean(Recording(call=Call(tool="t", raw="x " * ARGS), text="")).call.raw)
        <= ARGS
    )


def test_a_tools_description_of_itself_holds_no_secret(redactor):
    token = TOKENS["npm-token"]
    spec = ToolSpec(
        name="publish",
        description=f"Uses {token}.",
        parameters=(Parameter(name="key", choices=(token, 3)), Parameter(name="note")),
        digest="d",
    )
    clean = redactor.tool(spec)
    assert token not in repr(clean)
    assert [p.name for p in clean.parameters] == ["key", "note"]
    assert clean.parameters[0].choices[1] == 3
    assert redactor.tool(clean) == clean


def test_messages_keep_both_ends(redactor):
    for size in (5_000, 50_000, 5_000_000):
        short = redactor.message("begin " + "x " * size + "end")
        assert len(short) <= MESSAGE
        assert short.startswith("begin")
        assert short.endswith("end")
        assert redactor.message(short) == short


def test_a_secret_across_a_cut_is_not_left_in_part(redactor):
    token = TOKENS["anthropic-key"]
    for before in range(1900, 6400, 37):
        for size in (100, 20_000):
            text = "word " * (before // 5) + token + " " + "word " * size
            assert token[10:30] not in redactor.message(text)
            assert token[10:30] not in redactor.message(text[::-1].replace(token[::-1], token))


def test_half_a_private_key_is_redacted(redactor):
    key = TOKENS["private-key"]
    assert key[200:240] not in redactor.text(key[:300])


def test_arguments_are_bounded_and_the_longest_texts_cut_first(redactor):
    cleaned = redactor.args({"short": "s" * 500, "long": "l" * 60_000, "longer": "m " * 60_000})
    assert len(json.dumps(cleaned)) <= ARGS * 1.05
    assert cleaned["short"] == "s" * 500
    many = redactor.args({str(n): [n] * 10 for n in range(10_000)})
    assert len(json.dumps(many)) < 40_000
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"d": deep}
    assert "nested too deeply" in json.dumps(redactor.args(deep))  # type: ignore[arg-type]
