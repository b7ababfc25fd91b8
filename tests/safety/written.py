"""Bodies of lessons as a naive or compromised miner would write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from failonce.errors import BadInput
from failonce.kinds.hint import HANDLERS
from failonce.language import document
from failonce.model import Json, KindName


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A kind, a target and a body; who proposes it adds the rest."""

    kind: KindName
    target: str
    body: str
    name: str = "A lesson"
    reason: str = "seen often"
    project: str = ""
    """Another project than the one that is mined, empty for the same."""


def value(given: Json) -> Json:
    """The expression of a constant."""
    return {"value": given}


def argument(name: str, *then: str) -> Json:
    """The expression of one of the call's own arguments."""
    return {"argument": name} | ({"then": list(then)} if then else {})


def result(look: str, *path: str, then: Sequence[str] = ()) -> Json:
    """The expression of something that a look brought."""
    return (
        {"result": look}
        | ({"path": list(path)} if path else {})
        | ({"then": list(then)} if then else {})
    )


def step(tool: str, arguments: Mapping[str, Json] | None = None, name: str = "") -> Json:
    """A call to be made; a look where it has a name."""
    return (
        {"call": tool}
        | ({"arguments": dict(arguments)} if arguments else {})
        | ({"as": name} if name else {})
    )


def _match(target: str, fingerprint: str, **more: Json) -> dict[str, Json]:
    return {
        "component": target,
        "when": "after_failure",
        "arguments": [],
        "fingerprint": fingerprint,
        "message_regex": "",
    } | more


def calls(
    target: str,
    fingerprint: str,
    *,
    looks: Sequence[Json] = (),
    when: Sequence[Json] = (),
    steps: Sequence[Json] = (),
    arguments: Mapping[str, Json] | None = None,
) -> Written:
    """A fixer that makes other calls, or fills arguments, after a failure."""
    parts: dict[str, Json] = {
        "looks": list(looks),
        "when": list(when),
        "steps": list(steps),
        "arguments": dict(arguments or {}),
    }
    action: dict[str, Json] = {"type": "insert_calls"} | {k: v for k, v in parts.items() if v}
    body = document.dump({"match": _match(target, fingerprint), "action": action})
    return Written(kind=KindName.FIXER, target=target, body=body)


def repair(
    target: str,
    fingerprint: str,
    *steps: Mapping[str, Json],
    when: str = "after_failure",
    arguments: Sequence[Json] = (),
) -> Written:
    """A fixer that repairs arguments."""
    match = _match(target, fingerprint, when=when, arguments=list(arguments))
    action: dict[str, Json] = {"type": "repair_arguments", "steps": list(steps)}
    body = document.dump({"match": match, "action": action})
    return Written(kind=KindName.FIXER, target=target, body=body)


def fit(target: str, form: str) -> Written:
    """A fixer that makes calls fit: `correct_names` or `fit_schema`."""
    body = document.dump({"match": {"component": target}, "action": {"type": form}})
    return Written(kind=KindName.FIXER, target=target, body=body)


def guard(
    target: str,
    fingerprint: str,
    *conditions: tuple[str, str],
    message: str = "This call is known to fail.",
    strength: str = "block",
    **more: Json,
) -> Written:
    """A guardrail on arguments: pairs of an argument and a test, such as `present`."""
    match: dict[str, Json] = {
        "component": target,
        "arguments": [{"argument": name, "is": test} for name, test in conditions],
        **more,
        "fingerprint": fingerprint,
        "message_regex": "",
    }
    body = document.dump({"match": match, "action": {"type": strength, "message": message}})
    return Written(kind=KindName.GUARDRAIL, target=target, body=body)


def hint(target: str, fingerprint: str, handler: str, **parameters: Json) -> Written:
    """A hint with the parameters of its handler; those not given have their defaults."""
    match: dict[str, Json] = {"component": target, "fingerprint": fingerprint, "message_regex": ""}
    try:
        action = HANDLERS.validate(handler, parameters)
    except BadInput:
        body = document.dump({"match": match, "action": {"type": handler, **parameters}})
    else:
        body = document.dump({"match": match, "action": {"type": handler, **action.dump()}})
    return Written(kind=KindName.HINT, target=target, body=body)


def retry(target: str, fingerprint: str, *, times: int = 3, delay_ms: float = 500) -> Written:
    """A hint that runs the same call again."""
    return hint(
        target,
        fingerprint,
        "retry",
        max_retries=times,
        delay_ms=delay_ms,
        multiplier=2.0,
        assume_idempotent=True,
    )


def rule(target: str, sentence: str) -> Written:
    """A sentence for the agent to read."""
    return Written(kind=KindName.RULE, target=target, body=sentence)
