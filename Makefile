# Everything a person does with a checkout. `make help` lists it.
# Needs Python 3.11 or newer, git and make; all else is installed into .venv.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# One process of tests more than there are cores, as many tests wait for a worker or a script of
# their own; more than four would only take memory.
SPREAD = -n $$($(BIN)/python -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))') --dist worksteal
# Where bytecode is not written, every process of a test compiles all modules anew.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run setup test test-slow check format types bench pictures docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(VENV)/.installed  ## open the window on LeNet-5; without a display, do the same job in the terminal
	@$(BIN)/nnstudio demo

setup: $(VENV)/.installed-dev  ## make .venv with everything that developing needs

test: $(VENV)/.installed-dev libraries  ## run the tests, Qt offscreen
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(SPREAD)

test-slow: $(VENV)/.installed-references libraries  ## run the tests that take minutes
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m slow $(SPREAD)

check: $(VENV)/.installed-dev  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev  ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev libraries  ## measure the ratios of benchmarks/ and print them
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks

pictures: $(VENV)/.installed-dev libraries  ## render the window's screens into out/pictures
	QT_QPA_PLATFORM=offscreen $(BIN)/python scripts/pictures out/pictures

docs: $(VENV)/.installed-dev  ## write docs/layers from the layers
	$(BIN)/python scripts/layer_docs.py

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: libraries
libraries: $(VENV)/.installed-dev
	@$(BIN)/python scripts/system_libraries.py

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "NN Studio needs Python 3.11 or newer; none was found. Install it, or say: make PYTHON=/path/to/python"; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing NN Studio into $(VENV) (PyTorch and Qt: some minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml
	@echo "Installing NN Studio and its development tools into $(VENV) (some minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-references: $(VENV)/.installed-dev
	@echo "Installing the independent implementations that slow tests compare with …"
	@$(BIN)/python -m pip install --quiet --editable '.[references]'
	@touch $@
