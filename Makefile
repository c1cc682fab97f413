# Everything happens in .venv, which is brought up to date whenever pyproject.toml or constraints.txt changes.
# Needs: Python 3.11 or newer, pip, make. Another interpreter: make PYTHON=/path/to/python test

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench reliability schemas docs clean

WORKERS ?= 2
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
RUN := .venv/bin/python
READY := .venv/.ready

help:
	@echo "make demo     the main job on the simulator, without any account"
	@echo "make test     all tests"
	@echo "make check    format, lint, types and all tests (import rules and fresh generated files among them)"
	@echo "make fix      what a machine can mend: format, lint, schemas, generated pages"
	@echo "make bench    how long planning takes, beside other tools"
	@echo "make reliability   the whole proof that an apply may be killed, throttled and cut off anywhere"
	@echo "make schemas  write schemas/ anew from the kinds"
	@echo "make docs     write docs/kinds/, docs/commands.md and the outputs in README and tutorial anew"
	@echo "make setup    only make .venv"
	@echo "make clean    remove .venv and caches"

setup: $(READY)

# --group needs pip 25.1, which few interpreters bring along. The emulator of Blob Storage, which some tests run on,
# comes from npm; where there is no Node, they are skipped.
$(READY): pyproject.toml constraints.txt tests/storage/azurite/package-lock.json
	@test -n "$(PYTHON)" || { echo "cspctl needs Python 3.11 or newer with its venv module; none was found as python3, \
	python3.13, python3.12, python3.11 or python. Install one, or say make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	@$(RUN) -m tests.storage.emulator
	@touch $@

demo: $(READY)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" scripts/demo.sh

test: $(READY)
	$(RUN) -m pytest -q -n $(WORKERS)

# tests/test_architecture.py holds the import rules, tests/test_generated.py that schemas and pages are fresh.
check: $(READY)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(RUN) -m mypy scripts benchmarks reliability
	$(RUN) -m pytest -q -n $(WORKERS)

fix: $(READY)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	@$(MAKE) --no-print-directory schemas docs

bench: $(READY)
	$(RUN) -m benchmarks

reliability: $(READY)
	$(RUN) -m reliability

schemas: $(READY)
	$(RUN) -m cspctl schema --folder schemas

docs: $(READY)
	$(RUN) scripts/generate_docs.py
	$(RUN) scripts/run_docs.py

clean:
	rm -rf .venv .azurite .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
