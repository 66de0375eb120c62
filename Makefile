# Everything installs what it needs by itself: wheels into .venv, Chromium and fonts by apt where that is allowed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTS := tests/story tests/browser tests  # the long files first, so that all workers are done at the same time

.PHONY: help demo test check format bench clean

help: ## what can be asked for
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(STAMP) ## a whole village on this machine (STORY=1: played without hands; FREE=1: on free ports; DATA=folder: kept there)
	@$(BIN)/python -m deploy.demo $(if $(STORY),--story) $(if $(DATA),--data $(DATA)) $(if $(FREE),--free-ports)

test: $(STAMP) ## check, then every test (LONG=1: the long runs too)
	@deploy/needs.sh
	@$(MAKE) --no-print-directory check
	@shm=/dev/shm; [ -w $$shm ] || shm=$${TMPDIR:-/tmp}; root=$$(mktemp -d $$shm/merit-tests.XXXXXX); trap 'rm -rf "$$root"' EXIT; \
		PYTEST_DEBUG_TEMPROOT=$$root $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q $(TESTS)

check: $(STAMP) ## format, lint, types, import rules: seconds
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 3

format: $(STAMP) ## put every file in the house style
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(STAMP) ## figures beside a raw baseline of the same run (FULL=1: the heavy rows too)
	@$(BIN)/python -m tests.bench $(if $(FULL),--full)

clean: ## forget what was installed and cached here
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; this is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
