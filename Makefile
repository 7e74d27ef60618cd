# Every target sets up what it needs, by itself and only once; `make help` lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DF := $(BIN)/darkfigure
SHELL := /bin/bash
export PYTHONHASHSEED := 0
export OPENBLAS_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup study test test-all recovery bench docs check fix lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## Install everything the project needs (virtual environment, locked packages, browser for tests)

$(STAMP): requirements.lock pyproject.toml tools/make_environment.sh tools/system_packages.sh
	@PYTHON="$(PYTHON)" bash tools/make_environment.sh $(VENV)
	@bash tools/system_packages.sh
	@touch $@

study: $(STAMP)  ## Run the whole study on a synthetic world and print where the report is
	$(DF) demo --out demo --size full

check: $(STAMP)  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: $(STAMP)  ## Format and mend what can be mended automatically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: check  ## Check and run the tests (under ten minutes on two cores)
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

test-all: check  ## Every test, with the slow ones
	$(BIN)/pytest -n 2 --dist worksteal

recovery: $(STAMP)  ## Simulation studies against known truth
	$(BIN)/pytest -n 2 tests/recovery
	$(BIN)/python tools/headline_choice.py
	$(BIN)/python tools/coverage_grid.py --processes 2 --share 0.8
	$(BIN)/python tools/identifier_grid.py --processes 2 --draws 50
	$(BIN)/python tools/reporting_grid.py --processes 2

bench: $(STAMP)  ## Speed as ratios measured in one run
	$(BIN)/python -m benchmarks

docs: $(STAMP)  ## Write the generated reference pages
	$(BIN)/python tools/make_reference_docs.py

lock: $(STAMP)  ## Resolve the packages anew and pin them by hash (needs uv)
	bash tools/make_lock.sh

clean:  ## Remove what the targets made (not studies)
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
