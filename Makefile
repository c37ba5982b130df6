PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# One BLAS and XLA thread pool per test worker would fight over the cores.
WORKERS ?= 2

.PHONY: help test lint demo bench docs clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,docs]"
	touch $@

setup: $(READY) ## make the virtual environment

test: $(READY) lint ## what CI runs: lint, types, and every test
	$(RUN) -m pytest -n $(WORKERS)

lint: $(READY) ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

demo: $(READY) ## train an agent on random-dot motion, and plot its psychometric curve
	$(RUN) examples/train_ppo.py

bench: $(READY) ## compile time, steps per second and ratios of every task
	$(RUN) -m jaxgym_neuro bench

docs: $(READY) ## build the documentation
	$(RUN) -m mkdocs build --strict

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist site .pytest_cache
