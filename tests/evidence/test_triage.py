"""Invented results of many hosts, languages and tools, and what triage must say of them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.evidence.triage import triage
from failonce.evidence.triage.shell import culprits
from failonce.kinds.words import PASSABLE
from failonce.model import Args, Call, Category, Finding, Origin, Recording, Verdict

FAILURE, NEWS = Verdict.FAILURE, Verdict.INFORMATIVE
GOOD, NO, CASCADE = Verdict.GOOD, Verdict.REJECTION, Verdict.CASCADE


def found(
    text: str,
    *,
    tool: str = "shell",
    command: str | None = None,
    flagged: bool | None = True,
    previous: Finding | None = None,
    **fields: object,
) -> Finding:
    args: Args | None = None if command is None else {"command": command}
    recording = Recording(call=Call(tool=tool, args=args), text=text, flagged=flagged)
    for name, value in fields.items():
        object.__setattr__(recording, name, value)
    return triage(recording, previous=previous)


def ran(command: str, text: str, code: int = 1) -> Verdict:
    return found(f"Exit code {code}\n{text}", command=command).verdict


@pytest.mark.parametrize(
    ("command", "text", "code"),
    [
        # tests
        (
            "pytest -q tests/api",
            "F..\nFAILED tests/api/test_cart.py::test_total - assert 3 == 4",
            1,
        ),
        ("python -m pytest", "=== 2 failed, 31 passed in 1.20s ===", 1),
        ("uv run --frozen pytest -x", "E       assert 'a' == 'b'", 1),
        (
            "npx jest src/cart",
            "FAIL src/cart.test.ts\n  ● adds up\nTests:       1 failed, 8 passed",
            1,
        ),
        ("npm test", "> shop@1.0.0 test\n> vitest run\n\n Test Files  1 failed (4)", 1),
        (
            "cargo test --workspace",
            "test cart::sums ... FAILED\n\ntest result: FAILED. 3 passed",
            101,
        ),
        ("go test ./pkg/...", "--- FAIL: TestCart (0.01s)\nFAIL\nFAIL\tshop/pkg/cart\t0.012s", 1),
        ("./gradlew test", "CartTest > totals() FAILED\n3 tests completed, 1 failed", 1),
        ("mvn -q verify", "[ERROR] Tests run: 9, Failures: 1, Errors: 0\n[INFO] BUILD FAILURE", 1),
        ("dotnet test", "Failed!  - Failed:     2, Passed:    40, Skipped:     0", 1),
        ("bundle exec rspec", "12 examples, 2 failures\n\nFailed examples:", 1),
        ("vendor/bin/phpunit", "There was 1 failure:\n\nFAILURES!", 1),
        ("mix test", "1 test, 1 failure\nRandomized with seed 0", 2),
        ("ctest --output-on-failure", "80% tests passed, 1 tests failed out of 5", 8),
        ("cd web && timeout 90 yarn test", "✕ renders the basket", 1),
        ("prove t/", "not ok 3 - parses dates", 1),
        # linters, type checkers, formatters
        ("ruff check .", "app.py:3:1: F401 `os` imported but unused\nFound 1 error.", 1),
        ("mypy src", "src/cart.py:10: error: Missing return statement  [return]", 1),
        ("eslint .", "  4:9  error  'x' is never used  no-unused-vars\n\n✖ 1 problem", 1),
        ("npx tsc --noEmit", "src/a.ts(4,7): error TS2322: Type 'string' is not assignable", 2),
        ("shellcheck run.sh", "In run.sh line 3:\nrm $x\n   ^-- SC2086", 1),
        ("black --check src", "would reformat src/cart.py\n1 file would be reformatted", 1),
        (
            "bundle exec rubocop",
            "lib/a.rb:1:1: C: Style/X: Missing comment\n3 offenses detected",
            1,
        ),
        ("pre-commit run -a", "ruff.....................................................Failed", 1),
        ("terraform validate", "╷\n│ Error: Unsupported block type\n", 1),
        ("npm run lint", "", 1),
        # compilers and builds
        ("gcc -o cart cart.c", "cart.c:7:5: error: expected ';' before 'return'", 1),
        (
            "make -j4",
            "src/a.cc:9:2: error: no member named 'x'\nmake: *** [Makefile:4: a.o] Error 1",
            2,
        ),
        ("cargo build", "error[E0308]: mismatched types\n --> src/main.rs:4:9", 101),
        ("javac Cart.java", "Cart.java:3: error: cannot find symbol", 1),
        ("swift build", "/w/Sources/Cart.swift:3:1: error: expected declaration", 1),
        ("go build ./... && ./shop --version", "# shop/pkg\npkg/cart.go:9:2: undefined: total", 1),
        # questions whose exit 1 is an answer
        ("grep -rn 'basket' src", "", 1),
        ("cat log.txt | grep -c ERROR", "0", 1),
        ("diff a.txt b.txt", "1c1\n< a\n---\n> b", 1),
        ("git diff --exit-code", "diff --git a/x b/x\n+new", 1),
        ("test -f build/out.bin", "", 1),
        ("[ -d vendor ]", "", 1),
        ("which terraform", "", 1),
        ("git -C /srv/shop config user.signingkey", "", 1),
        ("systemctl is-active cart", "inactive", 3),
        # two lines of work that do not fit together
        (
            "git merge topic",
            "CONFLICT (content): Merge conflict in a.py\nAutomatic merge failed",
            1,
        ),
        ("git pull --rebase", "error: could not apply 1a2b3c4... totals", 1),
        # a commit hook, a script of the project
        ("git commit -m x", "flake8..........................................Failed\n", 1),
        ("./scripts/ci.sh", "--- FAIL: TestCart (0.00s)\nFAIL", 1),
    ],
)
def test_a_tool_that_worked_and_brought_bad_news(command: str, text: str, code: int) -> None:
    assert ran(command, text, code) is NEWS


@pytest.mark.parametrize(
    ("command", "text", "code"),
    [
        # the shell could not run it
        ("terraform plan", "bash: line 1: terraform: command not found", 127),
        ("./run.sh", "bash: ./run.sh: Permission denied", 126),
        ("cd srv/shop && pytest", "bash: line 1: cd: srv/shop: No such file or directory", 1),
        ("echo $(ls", "bash: -c: line 2: unexpected EOF while looking for matching `)'", 2),
        ("ls *.toml", "zsh:1: no matches found: *.toml", 1),
        ("Get-Cart", "The term 'Get-Cart' is not recognized as the name of a cmdlet", 1),
        # the call was wrong
        ("pytest --colour x", "ERROR: usage: pytest\npytest: error: unrecognized arguments: -c", 4),
        ("pytest tests/gone.py", "ERROR: file or directory not found: tests/gone.py", 4),
        ("npm run biuld", 'npm error Missing script: "biuld"', 1),
        ("make frobnicate", "make: *** No rule to make target 'frobnicate'.  Stop.", 2),
        ("cargo tset", "error: no such command: `tset`", 101),
        ("go test ./gone", "# ./gone\nstat /w/gone: directory not found\nFAIL\t[setup failed]", 1),
        ("grep -z", "grep: invalid option -- 'z'\nUsage: grep [OPTION]... PATTERNS", 2),
        ("grep x gone.txt", "grep: gone.txt: No such file or directory", 2),
        ("diff a gone", "diff: gone: No such file or directory", 2),
        ("git log --prety", "fatal: unrecognized argument: --prety", 128),
        ("git push", "! [rejected] main -> main (fetch first)\nerror: failed to push some refs", 1),
        ("git merge topic", "merge: topic - not something we can merge", 1),
        ("git status", "fatal: not a git repository (or any of the parent directories): .git", 128),
        ("docker ps", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", 1),
        ("kubectl get cart", 'error: the server doesn\'t have a resource type "cart"', 1),
        ("curl -sf https://api.example/x", "curl: (22) The requested URL returned error: 404", 22),
        ("cat a.txt | jq .x[", "jq: error: syntax error, unexpected end of file", 3),
        ("psql -c 'select 1'", 'psql: error: connection to server at "db" failed', 2),
        ("timeout 5 ./slow", "", 124),
        ("./eater", "Killed", 137),
        # one-off scripts that broke on their own bug
        (
            "python -c 'import json; print(json.loads(1))'",
            "Traceback (most recent call last):\nTypeError: the JSON object must be str",
            1,
        ),
        (
            "python3 - <<'EOF'\nopen('x')\nEOF",
            "Traceback (most recent call last):\nFileNotFoundError: 'x'",
            1,
        ),
        ("node -e 'a.b'", "[eval]:1\na.b\n^\n\nReferenceError: a is not defined", 1),
        ("go build -o s . && ./s setup", "Error: the config folder is missing", 1),
    ],
)
def test_a_call_that_did_not_do_what_was_asked(command: str, text: str, code: int) -> None:
    assert ran(command, text, code) is FAILURE


@pytest.mark.parametrize(
    "text",
    [
        "The user doesn't want to go on with this. Nothing was written.",
        "[Request interrupted by user]",
        "User rejected the edit",
        "The operator denied this action and said: use the other table",
        "exec command rejected by user",
        "aborted by user after 4.1s",
        "[Operation Cancelled] Reason: User did not allow tool call",
        "Tool use was denied by the reviewer",
        "Approval declined",
    ],
)
def test_a_person_said_no(text: str) -> None:
    assert found(text, command="rm -r build").verdict is NO
    assert found(text, tool="write_file").verdict is NO


@pytest.mark.parametrize(
    "text",
    [
        "Sibling tool call errored",
        "Cancelled: parallel tool call bash(npm ci) errored",
        "Skipped because an earlier tool call failed",
        "Not executed: a previous step was rejected",
        "This action was not run because another call in the batch was cancelled",
    ],
)
def test_cut_off_by_another_call(text: str) -> None:
    assert found(text, command="npm test").verdict is CASCADE
    assert found(text, tool="mcp__mail__send").verdict is CASCADE


def test_a_bare_cancel_is_read_by_what_came_before() -> None:
    assert found("Cancelled.", tool="send").verdict is NO
    assert found("Cancelled.", tool="send", previous=Finding(verdict=FAILURE)).verdict is CASCADE
    assert found("Cancelled.", tool="send", previous=Finding(verdict=GOOD)).verdict is NO


def test_a_block_of_ours_is_no_failure_however_a_client_writes_it_down() -> None:
    """Else lessons would be learned from lessons; a tool that only quotes one is not asked."""
    advice = (
        f"Prevented: no drafts. Leave out `draft`. {PASSABLE} Give it in the shell. (GR-1A2B3C4D)"
    )
    for text in (
        advice,
        f"PreToolUse:Bash hook error: {advice}\n\nThis tool's input schema is: {{}}",
    ):
        assert found(text, tags=("denied", "denied-by:hook")).verdict is CASCADE
        assert found(text).verdict is CASCADE
        assert found(text, flagged=False).verdict is GOOD


@pytest.mark.parametrize(
    "text",
    [
        "Access denied for user 'shop'@'10.0.0.4' (using password: YES)",
        "User 4711 not found",
        "Permission to use shell with command rm -r / has been denied.",
        "Error: cannot refund, the customer has no open order",
        "The previous page does not exist",
        "sandbox: write to /etc refused",
    ],
)
def test_system_refusals_and_people_in_messages_stay_failures(text: str) -> None:
    assert found(text, tool="orders_refund").verdict is FAILURE


def test_tags_of_the_importer_count_before_words() -> None:
    assert found("No.", tool="x", tags=("denied", "denied-by:user-temporary")).verdict is NO
    ruled = found("Hook error: not on Fridays", tool="x", tags=("denied", "denied-by:config"))
    assert (ruled.verdict, ruled.category) == (FAILURE, Category.PERMISSION)
    assert found("partial output", command="make", tags=("interrupted",)).verdict is NO


def test_what_a_program_prints_about_people_is_no_rejection() -> None:
    text = "Exit code 1\nUser rejected by policy: FAILED tests/test_user.py::test_rejected"
    assert found(text, command="pytest").verdict is NEWS


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("get_weather", '{"error": "no station of that name"}'),
        ("get_weather", '{"ok": false, "reason": "station offline"}'),
        ("book_table", '{"booked": false, "error": "the house is full"}'),
        ("book_table", "Error: the house is full"),
        ("convert", "Failed to convert: unknown unit furlong"),
        ("mcp__pdf__merge", "Document /srv/a.pdf does not exist"),
        ("mcp__db__query", "MCP error -32602: Invalid arguments for tool query"),
        ("fetch_page", "<html><head><title>502 Bad Gateway</title></head></html>"),
        ("run_job", "Traceback (most recent call last):\nValueError: bad day"),
        ("run_job", "com.acme.jobs.JobException: queue closed"),
        ("call", '{"content":[{"type":"text","text":"Error: no such room"}],"isError":false}'),
        ("call", '{"content":[{"type":"text","text":"nope"}],"isError":true}'),
        ("call", "meta=None content=[TextContent(type='text', text='timed out')] isError=True"),
        ("call", "meta=None content=[TextContent(type='text', text='{\"error\": \"full\"}')]"),
        ("convert_all", '{"results": [{"source": "a", "success": false, "why": "bad"}]}'),
    ],
)
@pytest.mark.parametrize("flagged", [None, False])
def test_failures_without_a_flag(tool: str, text: str, flagged: bool | None) -> None:
    finding = found(text, tool=tool, flagged=flagged)
    assert finding.verdict is FAILURE
    assert finding.hidden


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("Read", "1\tclass CartError(Exception):\n2\t    raise CartError('Error: full')"),
        ("read_file", "Error: this file explains what an error is.\n"),
        ("view_log", "ERROR 12:00 cart failed\nERROR 12:01 cart failed"),
        ("grep", "src/a.py:3: raise TimeoutError('timed out')"),
        ("search_orders", "No orders found"),
        ("search_orders", "not found"),
        ("get_ticket", '{"id": 4, "title": "Error on login", "description": "it failed"}'),
        ("get_status", '{"error": null, "errors": [], "ok": true}'),
        ("get_status", '{"result": {"error": "inside"}, "ok": true}'),
        ("validate", "No errors found"),
        ("run_tests", "12 passed, 0 failed"),
        ("summarise", "The build failed yesterday because the disk was full. " * 12),
        ("write_file", "The file was written."),
        ("call", '{"content":[{"type":"text","text":"Room booked"}],"isError":false}'),
        ("fetch_page", "<html><head><title>How 404 pages work</title></head></html>"),
        ("anything", ""),
    ],
)
def test_talk_of_errors_is_no_failure(tool: str, text: str) -> None:
    assert found(text, tool=tool, flagged=False) == Finding(verdict=GOOD)


def test_the_output_of_an_unflagged_command_is_good() -> None:
    for command, text in (
        ("cat app.log", "ERROR: cart: No such file or directory\n"),
        ("pytest -q", "Error: retried\n12 passed"),
        ("ls gone || true", "ls: gone: No such file or directory"),
        ("git log", "fix: ls: No such file or directory"),
    ):
        assert found(text, command=command, flagged=False).verdict is GOOD


def test_a_command_whose_error_a_pipe_swallowed() -> None:
    text = "find: gone: No such file or directory"
    finding = found(text, command="find gone -name '*.py' | head -3", flagged=False)
    assert (finding.verdict, finding.hidden) == (FAILURE, True)
    assert finding.category is Category.NOT_FOUND


def test_a_source_without_flags_is_judged_by_its_fields() -> None:
    news = found("", command="grep -q x y", flagged=None, exit_code=1)
    assert (news.verdict, news.hidden) == (NEWS, False)
    assert found("", command="ls", flagged=None, exit_code=0).verdict is GOOD
    refused = found("slow down", tool="http_get", flagged=None, status=429, retry_after_s=9.0)
    assert (refused.verdict, refused.hidden) == (FAILURE, False)
    assert (refused.category, refused.retry_after_s) == (Category.RATE_LIMIT, 9.0)


def test_commands_as_lists_of_words() -> None:
    call = Call(tool="shell", args={"command": ["bash", "-lc", "cd a && cargo clippy"]})
    finding = triage(Recording(call=call, text="src/a.rs", flagged=True, exit_code=101))
    assert finding.verdict is NEWS


@pytest.mark.parametrize(
    ("text", "error_type"),
    [
        ("Traceback (most recent call last):\n  File 'x'\nKeyError: 'id'", "KeyError"),
        ("Exit code 127\nbash: x: command not found", "exit 127"),
        ("Request failed with status code 429", "HTTP 429"),
        ("MCP error -32602: bad arguments", "MCP -32602"),
        ("java.io.FileNotFoundException: a.csv (No such file)", "FileNotFoundException"),
        ("open 'a': EACCES", "EACCES"),
        ("System.Net.Http.HttpRequestException: refused", "HttpRequestException"),
        ("something odd", ""),
    ],
)
def test_the_name_of_the_error(text: str, error_type: str) -> None:
    assert found(text, tool="shell", command="x").error_type == error_type


def test_events_of_a_log_keep_the_word_of_their_importer() -> None:
    text = "Connection aborted by user agent"
    assert found(text, tool="proxy", origin=Origin.LOG).verdict is FAILURE
    assert found("ERROR: x", tool="proxy", flagged=False, origin=Origin.LOG).verdict is GOOD


def test_checkers_that_are_tools_of_their_own() -> None:
    news = "src/cart.ts(4,7): error TS2322: wrong type"
    assert found(news, tool="mcp__ide__run_diagnostics").verdict is NEWS
    assert found("Unknown parameter: file", tool="mcp__ide__run_diagnostics").verdict is FAILURE


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("cd a && make 2>&1 | tail -3", ["cd", "tail"]),
        ("a; b && c || d", ["b", "c", "d"]),
        ("set -euo pipefail\na | b\nc", ["set", "a", "b", "c"]),
        ("FOO='x y' sudo -u me timeout 5 npx jest", ["jest"]),
        ("python -m pytest -q", ["pytest"]),
        ("bash -lc 'x && y'", ["y"]),
        ("cat <<EOF > f\na && b | c\nEOF\nwc f", ["wc"]),
        ("git commit -m \"$(cat <<'EOF'\nit's; a && b\nEOF\n)\"", ["git"]),
        ("make; r=$?; cleanup; exit $r", ["make", "cleanup", "exit"]),
        ("for f in *; do shellcheck $f; done", ["shellcheck", "done"]),
        ("docker compose run --rm web pytest", ["docker"]),
        ("echo 'a | b' # c | d", ["echo"]),
        ("", []),
        ("'unclosed", ["unclosed"]),
    ],
)
def test_programs_that_may_have_set_the_exit_code(command: str, names: list[str]) -> None:
    assert [program.name for program in culprits(command)] == names


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from([True, False, None]))
def test_any_call_has_a_verdict(command: str, text: str, flagged: bool | None) -> None:
    finding = found(text, command=command, flagged=flagged)
    assert not (flagged and finding.verdict is GOOD)
    assert not finding.hidden or finding.verdict is FAILURE
    assert found(text, command=command, flagged=flagged) == finding


@pytest.mark.parametrize(
    "piece", ["a && ", "$(", "'\"", "<<E\n", "x|", "\\", "((", "the user ", "{"]
)
def test_cost_is_bounded(piece: str) -> None:
    evil = piece * 50_000
    found("Exit code 1\n", command="true")
    for flagged in (True, False):
        start = time.process_time()
        found("Exit code 1\n" + evil, command=evil, flagged=flagged)
        found(evil, tool="x", flagged=flagged)
        assert time.process_time() - start < 0.3
