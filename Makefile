# The targets that people and CI call; `make` alone prints them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --require-hashes
PROJECT := $(BIN)/pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
WORKERS ?= auto
# The tests start some hundred processes, each of which would compile the project again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help serve test test-long bench bench-commit bench-import check format lint types layers turtle prose lock bench-lock sssom-lock clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.run ## Build the graph where needed and serve it
	@$(BIN)/milgraph serve

test: $(VENV)/.dev ## Run the tests (about fifteen minutes on two cores)
	@$(BIN)/python tests/suites/fetch.py || echo "Without what is fetched, the tests that need it are skipped."
	@$(MAKE) --no-print-directory .venv-sssom/.run || echo "Without the reference implementation of SSSOM, the tests that need it are skipped."
	$(BIN)/pytest -n $(WORKERS) -m "not long"

test-long: $(VENV)/.dev ## Run the long tests: oracles over everything, large inputs
	$(BIN)/pytest -m long tests/service
	$(BIN)/pytest -n $(WORKERS) -m long --ignore=tests/service

# SIZE=100k ROUNDS=2 SECONDS=1 CONNECTIONS=1,8 SERVERS=oxigraph,milgraph QUERIES=point-lookup,entity-page
bench: $(VENV)/.run .venv-bench/.run ## Compare the service with other servers (at 1M triples, on a quiet machine, about ten minutes)
	$(BIN)/python tests/benchmarks/service.py $(foreach option,SIZE ROUNDS SECONDS CONNECTIONS SERVERS QUERIES PATIENCE,\
		$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) "$($(option))"))

# SIZES=10k,100k COMMITS=200 ENGINES=turbo PATIENCE=900
bench-commit: $(VENV)/.run ## Tell what a commit costs in graphs of any size (with 1M triples, on a quiet machine, about twenty minutes)
	$(BIN)/python tests/benchmarks/commit.py $(foreach option,SIZES COMMITS ENGINES PATIENCE,\
		$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) "$($(option))"))

# ROWS=20000 PARSED=20000,200000
bench-import: $(VENV)/.run ## Tell what it costs to import records (with 20,000 of them, some minutes)
	$(BIN)/python tests/benchmarks/importing.py $(foreach option,ROWS PARSED,\
		$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) "$($(option))"))

check: format lint types layers turtle prose test ## Run all that must hold before a commit

format: $(VENV)/.dev ## Check the format of the code
	$(BIN)/ruff format --check src tests

lint: $(VENV)/.dev ## Check the code for likely mistakes
	$(BIN)/ruff check src tests

types: $(VENV)/.dev ## Check the types
	$(BIN)/mypy

layers: $(VENV)/.dev ## Check that imports point down
	$(BIN)/lint-imports --no-logo

turtle: $(VENV)/.dev ## Check the format of Turtle
	$(BIN)/turtlefmt --check $$(git ls-files '*.ttl')

prose: $(VENV)/.dev ## Check the spelling
	$(BIN)/codespell README.md CHANGELOG.md src ontology shapes queries data tests

lock: $(VENV)/.dev ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile $(LOCK) --extra build --extra tables -o requirements.lock pyproject.toml
	$(BIN)/pip-compile $(LOCK) --extra build --extra tables --extra dev -o requirements-dev.lock pyproject.toml

LOCK := --quiet --upgrade --generate-hashes --strip-extras --all-build-deps --allow-unsafe \
	--no-header --annotation-style=line \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## Remove the environment and the built graph
	rm -rf $(VENV) .milgraph .venv-bench .venv-sssom .bench .suites

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what milgraph needs (once) ..."
	$(PIP) -r requirements.lock
	$(PROJECT)
	@touch $@

# One development dependency comes as source; it is built with what the first lock pins.
$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) --no-build-isolation -r requirements-dev.lock
	@touch $@

# The servers that are compared with have an environment of their own; `make bench-lock` resolves it anew.
.venv-bench/.run: tests/benchmarks/requirements.lock
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

bench-lock: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile $(filter-out --all-build-deps,$(LOCK)) -o tests/benchmarks/requirements.lock tests/benchmarks/requirements.in

# So has the reference implementation of SSSOM, to which our tables are given; `make sssom-lock` resolves it anew.
.venv-sssom/.run: tests/linking/requirements.lock
	$(PYTHON) -m venv .venv-sssom
	.venv-sssom/bin/pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

sssom-lock: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile $(filter-out --all-build-deps,$(LOCK)) -o tests/linking/requirements.lock tests/linking/requirements.in
