# The tasks of this project; `make` alone builds .venv/, `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
ROUND ?= 1
OUT ?= outputs
ARGS ?=
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
# Compiled once here: kernels would otherwise compile pandas and the rest anew at each start where bytecode is not written.
export PYTHONDONTWRITEBYTECODE :=
FAULTS_1 :=
FAULTS_2 := -p embedded.faults '[user-unknown]'
FAULTS_3 := -p embedded.faults '[]'

.DEFAULT_GOAL := .venv/ready
.PHONY: fuzz reliability signals help round loop check test test-all lab lint requirements audit spark bench clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

# uv installs in a third of pip's time, so it is fetched first where it is not at hand; whatever it cannot do, pip does.
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
.venv/ready: requirements.txt pyproject.toml
	$(if $(UV),$(UV) venv -q --allow-existing --seed --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)
	$(if $(UV),,@awk '/^uv==/, !/\\$$/' requirements.txt > .venv/uv.txt && $(PIP) --require-hashes -r .venv/uv.txt || true)
	@install() { $(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --compile-bytecode "$$@" || $(PIP) "$$@"; }; \
	    echo "installing into .venv/ …"; install --require-hashes -r requirements.txt && install --no-deps -e .
	@touch $@

# The shell that looks at the status is what make ends; the round is to end with it.
round: .venv/ready ## a whole round on the embedded staging system (ROUND=2 and ROUND=3: with repairs)
	@INVESTIGATION_PARENT=$$$$ $(BIN)/python -m lib round --number $(ROUND) $(FAULTS_$(ROUND)); status=$$?; [ $$status -le 1 ] || exit $$status

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup
check: .venv/ready lint ## lint and the quick tests: the loop of writing (90 s)
	$(PYTEST) -q -m "not slow and not thorough" $(PYTEST_ARGS)

test: .venv/ready lint ## lint and all tests that need nothing but Python (10 minutes)
	$(PYTEST) -m "not thorough" $(PYTEST_ARGS)

# By file: the fixtures of one diagnose dozens of systems, and groups are not obeyed by xdist 3.8 under pytest 9.2.
test-all: .venv/ready ## the rest: browsers, foreign systems, Spark, each fault against everything (CI calls it after test)
	$(PYTEST) --dist loadfile -m thorough $(PYTEST_ARGS)

lint: .venv/ready ## style, types, dependencies, and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python tests/structure.py
	$(BIN)/mypy

loop: .venv/ready ## test, repair, test: from Round 1 to Round 3 on the embedded staging system (ARGS='--skip 4': options of round)
	@mkdir -p $(OUT); cp params/embedded.yaml $(OUT)/.loop.yaml
	@$(BIN)/python -m lib round -f $(OUT)/.loop.yaml --out $(OUT) --until healthy --after '$(BIN)/python examples/repair.py $(OUT)/.loop.yaml' --max 3 $(ARGS)

lab: .venv/ready ## JupyterLab on the notebooks (ARGS='--no-browser --port 8899': its own options)
	$(BIN)/jupyter lab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

bench: .venv/ready ## ratios against peers, measured side by side
	$(PIP) --require-hashes -r requirements-bench.txt
	$(BIN)/python -m bench

PIN := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
requirements: .venv/ready ## pin anew what pyproject.toml asks for
	$(PIN) --extra test -o requirements.txt pyproject.toml
	$(PIN) -c requirements.txt -o requirements-spark.txt - <<< 'pyspark>=4.0'
	$(PIN) -c requirements.txt -o requirements-bench.txt - <<< 'polars>=1.30'

reliability: .venv/ready ## every verb against every fault, into docs/reliability.md (VERBS='whys logs': these alone)
	$(BIN)/python -m tests.reliability $(VERBS)

fuzz: .venv/ready ## mutated inputs against every reader, SECONDS (600) each (READERS='logs captures': these alone)
	$(BIN)/python -m tests.fuzz -s $(or $(SECONDS),600) $(READERS)

signals: .venv/ready ## COUNT (30) signals at random moments for each verb (VERBS='whys round': these alone)
	$(BIN)/python -m tests.signals -n $(or $(COUNT),30) $(VERBS)

audit: .venv/ready ## known weaknesses of the pinned libraries, and of how many nothing is known (asks the vulnerability database)
	$(BIN)/python -m tests.audit

spark: .venv/ready ## add Spark to .venv/, for logs.engine: spark (needs Java)
	$(PIP) --require-hashes -r requirements-spark.txt

clean: ## remove what the tasks made, rounds excepted
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .import_linter_cache build *.egg-info
