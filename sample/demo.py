"""The whole loop on the sample: `make demo`.

Imports the recording, mines it, approves the best-proven lessons, and then runs recorded
calls for real, in a fresh workspace, each twice: as the agent wrote it, and as failonce
advises. Everything it makes lies in `.demo/`; nothing else is touched. The last line is
what the second runs came to, counted, as JSON.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sample import live, worlds  # noqa: E402 - the checkout's root must be on the path first

DEMO = ROOT / ".demo"
RECORDING = ROOT / "sample" / "calls.jsonl.gz"
PROJECT = "shop"
BEST = {"fixer": 3, "guardrail": 2, "hint": 1}
"""How many lessons of each kind are approved: those with the most votes."""
READING = ("status", "log", "diff", "branch", "show", "rev-parse")
"""Words of git that change nothing, so that a call can be run as often as one likes."""


@dataclass(kw_only=True)
class Score:
    """What became of the live calls; `harmed` worked as written and failed as advised."""

    calls: int = 0
    failed: int = 0
    prevented: int = 0
    repaired: int = 0
    wrongly_blocked: int = 0
    harmed: int = 0
    shown: set[str] = field(default_factory=set)


def main() -> None:
    """Run the demo; the exit code says whether it did what it says."""
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir()
    os.environ |= {
        "FAILONCE_STORE__URL": f"sqlite:///{DEMO}/store.db",
        "FAILONCE_PROJECT": PROJECT,
        "FAILONCE_PATHS__SKILLS": str(DEMO / "skills"),
        "FAILONCE_OUTCOME__HOLDOUT": "false",  # every lesson shows what it does
    }
    say("1. Import ten days of a recorded agent: files, SQLite, git, HTTP, six MCP servers")
    failonce("import", str(RECORDING.relative_to(ROOT)))
    say("2. What fails, grouped")
    failonce("failures", "--project", PROJECT, "--limit", "8")
    say("3. Mine: what separates failing from working calls, proven on the rest of the history")
    failonce("mine", "--project", PROJECT)
    say("4. The lessons, each headed by its proof; a person reads and approves")
    approved = [review(one) for one in best(lessons())]
    say("5. The same calls for real, in a fresh workspace: as written, and as advised")
    score = run_live()
    say("6. What failonce did")
    failonce("report")
    say(
        f"{len(approved)} lessons in force: of {score.calls} recorded calls run live, "
        f"{score.failed} fail as written; as advised {score.prevented} of these are stopped "
        f"and {score.repaired} work"
    )
    counted = {
        "prevented": score.prevented,
        "repaired": score.repaired,
        "wrongly_blocked": score.wrongly_blocked,
    }
    print(json.dumps(counted))
    sys.exit(score.wrongly_blocked + score.harmed > 0 or score.prevented + score.repaired == 0)


def say(text: str) -> None:
    """A headline of the demo."""
    print(f"\n— {text}", flush=True)


def failonce(*arguments: str) -> None:
    """Show a command and run it as a user would."""
    print(f"$ failonce {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "failonce", *arguments], check=True, cwd=ROOT)


def lessons() -> list[dict[str, object]]:
    """The lessons that wait, as the command line lists them."""
    command = [sys.executable, "-m", "failonce", "lessons", "--project", PROJECT, "--json"]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    listed: list[dict[str, object]] = json.loads(done.stdout)
    return listed


def best(waiting: list[dict[str, object]]) -> list[dict[str, object]]:
    """The lessons with the most votes, so many of each kind."""

    def votes(lesson: dict[str, object]) -> int:
        numbers = lesson["numbers"]
        return int(numbers["wins"]) if isinstance(numbers, Mapping) else 0

    ranked = sorted(waiting, key=votes, reverse=True)
    return [one for kind, n in BEST.items() for one in [x for x in ranked if x["kind"] == kind][:n]]


def review(lesson: dict[str, object]) -> str:
    """Approve one lesson."""
    name = str(lesson["id"])
    failonce("approve", name, "--reason", "read in the demo")
    return name


def run_live() -> Score:
    """Run the recording's reading calls in a fresh workspace, as written and as advised."""
    import failonce  # noqa: PLC0415 - its settings come from the environment set above

    world = live.Workspace(root=DEMO / "workspace")
    world.root.mkdir()
    worlds.build_firm(world.root, worlds.SHOP, broken=None, identity=True)
    score = Score()
    for session, tool, args in reading_calls():
        score.calls += 1
        worked, answer = attempt(world, tool, args)
        score.failed += not worked
        advice = failonce.advise(tool, args, session=session, project=PROJECT)
        if advice.action is failonce.AdviceAction.BLOCK:
            score.prevented += not worked
            score.wrongly_blocked += worked
            if not worked:
                show(score, "prevented", written(tool, args), answer, advice.message)
            continue
        if advice.action is failonce.AdviceAction.RUN:
            changed = dict(advice.args or {})
        elif not worked:
            after = failonce.advise_failure(tool, args, answer, session=session, project=PROJECT)
            if after.action is not failonce.AdviceAction.RETRY:
                continue
            advice, changed = after, dict(after.args or {})
        else:
            continue
        works_now, new_answer = attempt(world, tool, changed)
        outcome = {"result": new_answer} if works_now else {"error": new_answer}
        failonce.observe(tool, changed, session=session, project=PROJECT, **outcome)
        score.repaired += works_now and not worked
        score.harmed += worked and not works_now
        if works_now and not worked:
            words = f"{advice.message} → {written(tool, changed)}"
            show(score, "repaired", written(tool, args), answer, words)
    failonce.close()
    return score


def reading_calls() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Recorded calls of the shop that only read, each once, in order, for sessions of their own."""
    import gzip  # noqa: PLC0415 - needed here alone

    seen: set[str] = set()
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        for line in lines:
            call = json.loads(line)
            key = json.dumps([call["tool"], call["args"]], sort_keys=True)
            if call["project"] == PROJECT and key not in seen and reads(call["tool"], call["args"]):
                seen.add(key)
                yield f"live-{call['session']}", call["tool"], call["args"]


def reads(tool: str, args: Mapping[str, object]) -> bool:
    """Whether a call changes nothing in the workspace."""
    if tool == "query":
        statement = args.get("sql", args.get("query", ""))
        return str(statement).lstrip().lower().startswith("select")
    if tool == "git":
        words = args.get("arguments", "")
        first = words[0] if isinstance(words, list) and words else str(words).split(" ", 1)[0]
        return first in READING
    return tool in ("read_file", "list_files", "search_text")


def attempt(world: live.Workspace, tool: str, args: Mapping[str, object]) -> tuple[bool, str]:
    """Run one call for real: whether it worked, and its answer."""
    try:
        return True, live.call(world, tool, args)
    except live.ToolError as error:
        return False, str(error)


def written(tool: str, args: Mapping[str, object]) -> str:
    """A call as one would write it."""
    return f"{tool}({', '.join(f'{name}={value!r}' for name, value in args.items())})"


def show(score: Score, what: str, call: str, answer: str, words: str) -> None:
    """Show the first case of each kind and tool."""
    tool = call.split("(", 1)[0]
    if f"{what} {tool}" not in score.shown:
        score.shown.add(f"{what} {tool}")
        print(f"\n  {call}")
        print(f"    as written: fails, {answer.splitlines()[0][:100]}")
        print(f"    as advised: {what}. {words[:200]}", flush=True)


if __name__ == "__main__":
    main()
