"""The simulators as the benchmark ships them: start states, tools, gold paths, one call.

Recorded text is never evaluated: a call is a method looked up in a table and its decoded
arguments. What the benchmark's own `eval` says of text that is no call is found by parsing.
"""

import ast
import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from failonce.identity import canonical_json, digest
from failonce.model import Args, Call, Json, Parameter, ToolSpec
from simulated.copying import copied

PACKAGE = "bfcl_eval"
INSTALL = "pip install --no-deps bfcl-eval mpmath"
_CATEGORIES = ("base", "miss_func", "miss_param")
_SOURCES = f"{PACKAGE}.eval_checker.multi_turn_eval.func_source_code"
_MODULES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "TwitterAPI": "posting_api",
    "VehicleControlAPI": "vehicle_control",
}
_STATELESS = ("MathAPI",)
_REFUSED = ("kill", "exit", "quit", "remove", "unlink", "popen", "Popen", "run")
_TYPES = {"dict": "object", "float": "number", "any": ""}
_LISTED = re.compile(r"\[Enum\]:\s*(?:(\[[^\]]*\])|([^\[\].]+))")
RAISED = "Error during execution: "
UNDECODABLE = 'DECODE ["Error decoding the model response. Proceed to next turn."]'
"""What the recordings say of a step in which one call could not be decoded: none of it ran."""


def installed() -> bool:
    """Whether the benchmark's package and what it needs can be imported."""
    return find_spec(PACKAGE) is not None and find_spec("mpmath") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldCall:
    """A call of a task's gold path, and the turn in which it is made."""

    turn: int
    tool: str
    args: Args


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task of the benchmark: what it starts from and, for judging only, its gold path."""

    name: str
    classes: tuple[str, ...]
    start: Mapping[str, Json]
    gold_source: tuple[tuple[str, ...], ...]

    @property
    def number(self) -> int:
        """The task's number, the same for its three categories."""
        return int(self.name.rpartition("_")[2])

    @cached_property
    def gold(self) -> tuple[GoldCall, ...]:
        """The calls of the gold path."""
        methods = methods_of(self.classes)
        return tuple(
            _gold_call(turn, source, methods)
            for turn, calls in enumerate(self.gold_source)
            for source in calls
        )


Method = tuple[str, inspect.Signature]
"""The class that has the method, and what it takes."""


@cache
def folder() -> Path:
    """Where the package keeps its data."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(PACKAGE)
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def class_of(name: str) -> type:
    """A simulator's class."""
    found: type = getattr(import_module(f"{_SOURCES}.{_MODULES[name]}"), name)
    return found


@cache
def methods_of(classes: tuple[str, ...]) -> Mapping[str, Method]:
    """The tools of these classes by name; of two of one name the later class's counts."""
    return {
        name: (owner, inspect.signature(function))
        for owner in classes
        for name, function in inspect.getmembers(class_of(owner), inspect.isfunction)
        if not name.startswith("_")
    }


@cache
def tasks() -> Mapping[str, Task]:
    """Every multi-turn task of the three recorded categories, by name."""
    found: dict[str, Task] = {}
    for category in _CATEGORIES:
        file = f"BFCL_v4_multi_turn_{category}.json"
        gold = {e["id"]: e["ground_truth"] for e in _lines(folder() / "possible_answer" / file)}
        for entry in _lines(folder() / file):
            found[entry["id"]] = Task(
                name=entry["id"],
                classes=tuple(entry["involved_classes"]),
                start=entry["initial_config"],
                gold_source=tuple(map(tuple, gold[entry["id"]])),
            )
    return found


def fresh(task: Task, owner: str) -> object:
    """A simulator in the start state of a task."""
    instance = class_of(owner)()
    if owner not in _STATELESS:
        # a start state is taken over, not copied, by the simulators
        scenario = json.loads(json.dumps(task.start.get(owner, {})))
        instance._load_scenario(scenario, long_context=False)
    return instance


def invoke(instance: object, tool: str, signature: inspect.Signature, args: Args) -> str:
    """Call a method as the benchmark does, and put its answer into words."""
    given = {name: copied(value) for name, value in args.items()}  # simulators keep what they get
    for name, parameter in signature.parameters.items():
        if isinstance(parameter.default, list) and name not in given:
            given[name] = []  # else the default would be shared by all worlds
    method: Callable[..., object] = getattr(instance, tool)
    try:
        result = method(**given)
    except Exception as error:  # the benchmark answers with any error
        return f"{RAISED}{error}"
    if isinstance(result, dict):
        try:
            return json.dumps(result)
        except (TypeError, ValueError):
            return str(result)
    return str(result)


def written_out(call: Call, classes: tuple[str, ...]) -> tuple[str, Args]:
    """The tool and all its arguments, those left out with their defaults: equal for equal calls."""
    args = dict(call.args or {})
    method = methods_of(classes).get(call.tool)
    if method is not None:
        for name, parameter in method[1].parameters.items():
            if parameter.default is not parameter.empty:
                args.setdefault(name, parameter.default)
    return call.tool, args


def no_tool(tool: str, args: Args | None) -> str:
    """The answer to a name that is no tool, or to arguments that are none."""
    if args is None:
        return UNDECODABLE
    if tool in _REFUSED:
        return f"{RAISED}Function call {tool} is not allowed."
    return RAISED + (_syntax(tool, args) or f"name '{tool}' is not defined")


def well_named(args: Args) -> bool:
    """Whether the arguments can be written down as keywords of a call."""
    return all(name.isidentifier() and not iskeyword(name) for name in args)


def malformed(tool: str, args: Args) -> str:
    """The answer to arguments whose names are no names."""
    return f"{RAISED}{_syntax(tool, args) or 'invalid syntax'}"


def failed(text: str) -> bool:
    """Whether an answer is an error, by the benchmark's own ways to say so."""
    if text.startswith((RAISED, "DECODE ")):
        return True
    if '"error"' not in text:
        return False
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and "error" in answer


@cache
def specifications(owner: str) -> tuple[ToolSpec, ...]:
    """The tools of a class as the benchmark describes them to the caller."""
    path = folder() / "multi_turn_func_doc" / f"{_MODULES[owner]}.json"
    return tuple(_specification(entry) for entry in _lines(path))


def _specification(entry: dict) -> ToolSpec:
    schema = entry["parameters"]
    required = schema.get("required", ())
    return ToolSpec(
        name=entry["name"],
        parameters=tuple(
            Parameter(
                name=name,
                types=_types(about["type"]),
                required=name in required,
                choices=_choices(about),
            )
            for name, about in schema["properties"].items()
        ),
        closed=True,
        description=entry["description"],
        digest=digest((entry["name"], canonical_json(schema)), size=16),
    )


def _types(name: str) -> tuple[str, ...]:
    kind = _TYPES.get(name, name)
    return (kind,) if kind else ()


def _choices(about: dict) -> tuple[Json, ...]:
    """The values that a description lists. Those of a list are of its items, not of it."""
    found = _LISTED.search(about["description"])
    if found is None or about["type"] == "array":
        return ()
    return tuple(json.loads(found[1]) if found[1] else re.split(r"\s*,\s*", found[2].strip()))


def _lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _syntax(tool: str, args: Args) -> str:
    """What Python says of the call written out, which is parsed and not run."""
    written = ",".join(f"{name}={value!r}" for name, value in args.items())
    try:
        ast.parse(f"{tool}({written})", "<string>", "eval")
    except (SyntaxError, ValueError) as error:
        return str(error).replace("<unknown>", "<string>")
    return ""


def _gold_call(turn: int, source: str, methods: Mapping[str, Method]) -> GoldCall:
    call = ast.parse(source, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise TypeError(source)
    tool = call.func.id
    names = [name for name in methods[tool][1].parameters if name != "self"]
    args = {
        name: ast.literal_eval(value) for name, value in zip(names, call.args, strict=False)
    } | {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    return GoldCall(turn=turn, tool=tool, args=args)
