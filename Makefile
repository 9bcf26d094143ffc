# make run    Chalet on http://localhost:8000, data in ./data; nothing but Python 3.11, make and git is needed
# make test   everything that is checked, as CI does it
# make check  the quick part: lint, types, architecture, templates, documentation
# make bench  the measurements
# make format, make strings: upkeep, see CONTRIBUTING.md

SHELL := /bin/sh
BIN := .venv/bin
JOBS ?= 3
QUICK := tests/test_architecture.py tests/test_templates.py tests/test_docs.py tests/test_strings.py

# Every server that a test starts would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench format strings

run: .venv/.ok
	@exec $(BIN)/python -m app serve $(ARGS)

test: .venv/.ok-dev
	@tools/test-needs
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(QUICK:%=--ignore=%) tests
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal --database=postgres tests/models tests/routes

check: .venv/.ok-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q $(QUICK)

bench: .venv/.ok-dev
	$(BIN)/python -m bench

format: .venv/.ok-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

strings: .venv/.ok-dev
	$(BIN)/python tools/strings.py

.venv/.ok: requirements.txt
	@tools/environment requirements.txt
	@touch $@

.venv/.ok-dev: requirements-dev.txt
	@tools/environment requirements-dev.txt
	@touch .venv/.ok $@

# What measurements and suites that others wrote are run beside or with (docs/standards.md); the app needs none of it.
.venv-peers/.ok: requirements-peers.txt
	@tools/environment requirements-peers.txt .venv-peers
	@touch $@
