# Everything runs in a virtual environment inside the tree; nothing has to be installed by hand.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

.PHONY: setup
setup: $(STAMP) ## Create the virtual environment with the locked dependencies

# local-bigquery needs Python 3.12 and other versions of what the pipeline uses: an environment of its own.
EMULATORS := .venv-bigquery/.installed
$(EMULATORS): requirements-emulators.lock
	@python=$$(for candidate in python3.13 python3.12 $$(ls -d "$$(pyenv root 2>/dev/null)"/versions/3.1[23].*/bin/python 2>/dev/null); do \
	  $$candidate -c 'import venv' 2>/dev/null && echo $$candidate && break; done); \
	if [ -z "$$python" ]; then echo "NO PYTHON 3.12 OR LATER: what needs BigQuery will be skipped"; \
	else $$python -m venv .venv-bigquery \
	  && .venv-bigquery/bin/python -m pip install --quiet --disable-pip-version-check --ignore-requires-python --require-hashes -r requirements-emulators.lock \
	  && touch $(EMULATORS); fi

.PHONY: emulators
emulators: $(EMULATORS) ## Set up the BigQuery emulator of the tests (needs Python 3.12 or later)

.PHONY: demo
demo: $(STAMP) ## A synthetic month with planted faults: ingest, backfill, triage, heal (offline)
	@$(BIN)/nba demo

.PHONY: lint
lint: $(STAMP) ## Format and style checks, and strict types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: test
test: lint emulators ## Everything that must be green: style, types, GoogleSQL gate, tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

.PHONY: test-season
test-season: $(STAMP) ## Recall, healing and the upper bound on all of the real season, not its second half
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --whole-season tests/season

# What the image's virtual environment is: the lock of what runs, and nothing else.
IMAGE := .venv-image/.installed
$(IMAGE): requirements.lock
	rm -rf .venv-image
	$(PYTHON) -m venv .venv-image
	.venv-image/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $(IMAGE)

.PHONY: test-emulated
test-emulated: $(STAMP) emulators $(IMAGE) ## The pipeline over the wire: services as processes, kill -9, a burst (needs Java, gcloud)
	$(BIN)/python -m pytest -m emulated tests/emulated
	$(BIN)/python -m pytest -m "not realdata" --on bigquery --numprocesses auto tests/golden

.PHONY: benchmark
benchmark: $(STAMP) ## Measure the numbers of the README (needs the real season)
	$(BIN)/python -m tests.benchmarks

.PHONY: mutants
mutants: $(STAMP) ## Plant bugs in a copy of the tree; the tests must catch every one (a quarter of an hour)
	$(BIN)/python -m tests.mutants

.PHONY: simulate
simulate: $(STAMP) ## Play 5,000 histories of crashes, lost messages and late data (hours)
	$(BIN)/nba simulate --runs 5000

.PHONY: lock
lock: $(STAMP) ## Resolve the dependencies anew and write both lock files
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-annotate --no-header --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --group dev --generate-hashes --no-annotate --no-header --upgrade -q -o requirements-dev.lock

.PHONY: clean
clean: ## Remove the virtual environment and everything generated
	rm -rf $(VENV) .venv-bigquery .venv-image .nba .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
