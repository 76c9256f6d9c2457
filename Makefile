# Two commands: `make demo` builds the shipped model into firmware and verifies it; `make test` runs the tests.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO := build/jetssd-tower-small

.PHONY: demo test nightly lint install install-test clean

demo: $(VENV)/installed
	$(BIN)/jetflow build jetssd-tower-small --target fpga --out $(DEMO)

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2

nightly: $(VENV)/installed-test
	HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest -n 2 -m 'nightly or not nightly'

lint: $(VENV)/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

install: $(VENV)/installed

install-test: $(VENV)/installed-test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	  || { echo "error: $(PYTHON) is not Python 3.11 or 3.12: install one, or give it as make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) --editable '.[cluster,events,plots,root,rtl,test]'
	touch $@

clean:
	rm -rf build $(VENV)
