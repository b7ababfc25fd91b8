# make demo   installs what failonce needs into .venv and runs the whole loop on a sample
# make test   the same for the test suite
# make e2e    the real Claude Code and Codex beside failonce, in a network of their own
# Other targets: server mcp postgres scale github otel compared skills-db-setup skills-mine retrain install system assets check lint types contracts bench torture spec lock dist clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN    := .venv/bin
DATA   ?= $(FAILONCE_DATA)
QUICK  ?= --quick
# programs that tests start would read their sources again each time
unexport PYTHONDONTWRITEBYTECODE

# tests wait about a third of their time, so one more than there are cores
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))
# what npm installed: for the pages, and for the tests beside it
TAKEN  := node_modules/.taken
TESTED := node_modules/.tested
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: install system assets demo server mcp postgres scale github otel compared skills-db-setup skills-mine retrain test e2e check lint types contracts bench torture spec lock dist clean
.DEFAULT_GOAL := demo

.venv/run: requirements/run.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "failonce needs Python 3.11 or newer on the PATH."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "failonce needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11.")'
	@echo "Installing failonce into .venv …"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# an extra of the package, or what the tests and checks need
.venv/%: requirements/%.txt .venv/run
	@echo "Installing $< into .venv …"
	@$(PIP) --require-hashes -r $<
	@touch $@

# programs that the proxy is put before, in an environment of their own
.peers/done: requirements/peers.txt | .venv/run
	@echo "Installing MCP servers for the tests into .peers …"
	@test -x .peers/bin/python || "$(PYTHON)" -m venv .peers
	@.peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	@touch $@

# what failonce is compared with (bench/peers.py)
.compared/done: requirements/compared.txt | .venv/run
	@echo "Installing what failonce is compared with into .compared …"
	@test -x .compared/bin/python || "$(PYTHON)" -m venv .compared
	@.compared/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/compared.txt
	@touch $@

compared: .compared/done

# what `failonce mcp` and `failonce proxy` need; a store on PostgreSQL; import --engine; GitHub;
# numbers pushed to a collector
mcp postgres scale github otel: %: .venv/%

install: .venv/dev .peers/done $(TESTED)

# the dashboard on this machine, http://127.0.0.1:8411; PORT=N takes another port
server: .venv/server assets
	@$(BIN)/failonce serve $(if $(PORT),--port $(PORT))

demo: .venv/run
	@$(BIN)/python sample/demo.py

# what the Skillsmith document calls its targets; the store is FAILONCE_STORE__URL or SUPABASE_DB_*

# the functions and views of a PostgreSQL store
skills-db-setup: .venv/postgres
	@$(BIN)/failonce store setup

# mine, and leave what waits in skills/proposed; MIN_HITS=N and TOP=N take other limits,
# PROJECT=NAME what waits for another project than this folder
skills-mine: .venv/run
	@$(BIN)/failonce mine $(if $(MIN_HITS),--min-hits $(MIN_HITS)) $(if $(TOP),--top $(TOP))
	@$(BIN)/failonce propose $(if $(PROJECT),--project $(PROJECT))

# take files moved to skills/ as a review, put in force what was decided, and write the training set; TRAINING=FILE takes another file
retrain: .venv/run
	@$(BIN)/failonce pr files
	@$(BIN)/failonce files write
	@$(BIN)/failonce export training > $(or $(TRAINING),training.jsonl)

# bubblewrap, npm and Chromium, where they are missing and may be installed
system:
	@sh tools/system.sh

# what the dashboard's pages take from npm
assets: $(TAKEN)

$(TAKEN): package-lock.json tools/assets.py | .venv/run
	@$(BIN)/python tools/assets.py

# and what the tests need beside it
$(TESTED): package-lock.json tools/assets.py | .venv/run
	@$(BIN)/python tools/assets.py --tests

test: .venv/dev .peers/done system $(TESTED)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not torture" $(TESTS)

torture: .venv/dev .peers/done system $(TESTED)
	@FAILONCE_TORTURE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -ra $(TESTS)

# the programs, as tests/e2e/package-lock.json says; their API is a stand-in on the loopback
PROGRAMS := tests/e2e/node_modules/.taken

$(PROGRAMS): tests/e2e/package-lock.json
	@echo "Installing Claude Code and Codex into tests/e2e/node_modules (800 MB) …"
	@cd tests/e2e && npm ci --ignore-scripts --loglevel=error
	@touch $@

e2e: .venv/dev $(PROGRAMS)
	@sh tests/e2e/alone.sh timeout 1200 $(BIN)/python -m pytest -m e2e $(or $(TESTS),tests/e2e)

check: lint types contracts

lint: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/dev
	@$(BIN)/mypy

contracts: .venv/dev
	@$(BIN)/lint-imports

# FAILONCE_DATA (or DATA=) is a folder of recordings; a benchmark without its data says so.
bench: .venv/dev .peers/done .compared/done system
	@$(BIN)/python bench/stream.py $(QUICK)
	@$(BIN)/python bench/statistics.py $(QUICK)
	@$(BIN)/python bench/grouping.py "$(DATA)/loghub2k" $(QUICK)
	@$(BIN)/python bench/overhead.py $(QUICK)
	@$(BIN)/python bench/host.py $(QUICK)
	@$(BIN)/python bench/reload.py $(QUICK)
	@$(BIN)/python bench/sandbox.py $(QUICK)
	@$(BIN)/python bench/server.py $(QUICK)
	@$(BIN)/python bench/proxy.py $(QUICK)
	@$(BIN)/python bench/hook.py $(QUICK)
	@$(BIN)/python bench/triage.py "$(DATA)"
	@$(BIN)/python bench/accounting.py "$(DATA)"
	@$(BIN)/python bench/bfcl.py "$(DATA)/bfcl/calls-even.jsonl.xz" $(QUICK)
	@$(BIN)/python bench/transfer.py --mine "$(DATA)/claude-code/calls-cli.jsonl.xz" --receive "$(DATA)/claude-code/calls-cli.jsonl.xz" $(QUICK)
	@$(BIN)/python bench/tasks.py "$(DATA)" $(QUICK)
	@$(BIN)/python bench/peers.py "$(DATA)" $(QUICK)

spec: .venv/dev
	@$(BIN)/python tools/spec.py

lock:
	@uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/run.txt
	@for extra in server mcp postgres scale github otel; do uv pip compile pyproject.toml --extra $$extra --group build --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/$$extra.txt; done
	@uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/dev.txt
	@uv pip compile --group peers --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/peers.txt
	@uv pip compile --group compared --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/compared.txt
	@$(BIN)/python tools/assets.py --lock

dist: .venv/dev
	@$(BIN)/python tools/assets.py --must
	@$(BIN)/python -m build --no-isolation --outdir dist .

clean:
	@rm -rf .venv .peers .compared dist build .demo node_modules src/failonce/surfaces/server/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis
