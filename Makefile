PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
WORKERS ?= 2
# The tests compile thousands of small programs and run each for milliseconds, so XLA had better
# compile than optimise (a sample of them took 15 s of CPU time instead of 27).
TEST_FLAGS := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false \
	--xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1 $(XLA_FLAGS)"

.PHONY: help test lint demo bench docs parity-record clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,docs]"
	touch $@

setup: $(READY) ## make the virtual environment

test: $(READY) lint ## what CI runs: lint, types, and every test
	$(TEST_FLAGS) $(RUN) -m pytest -n $(WORKERS) --dist worksteal

lint: $(READY) ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

demo: $(READY) ## train an agent on random-dot motion, and plot its psychometric curve
	$(RUN) examples/train_ppo.py

bench: $(READY) ## compile time, steps per second and ratios of every task
	$(RUN) -m jaxgym_neuro bench

parity-record: ## record NeuroGym's tasks anew, in an environment of its own
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python -m pip install --quiet --disable-pip-version-check -r tests/parity/requirements.txt
	.venv-parity/bin/python tests/parity/record.py

docs: $(READY) ## build the documentation
	$(RUN) -m mkdocs build --strict

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-parity build dist site .pytest_cache
