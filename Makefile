PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
TORCH_VENV := .venv-torch
TORCH_READY := $(TORCH_VENV)/.ready
WORKERS ?= 2
# The tests compile thousands of small programs and run each for milliseconds, so XLA had better
# compile than optimise (a sample of them took 15 s of CPU time instead of 27).
TEST_FLAGS := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false \
	--xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1 $(XLA_FLAGS)"
PYTEST = $(TEST_FLAGS) $(RUN) -m pytest -n $(WORKERS) --dist worksteal

.PHONY: help setup test test-slow test-all test-torch test-site lint demo bench docs parity-record clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,docs]"
	touch $@

setup: $(READY) ## make the virtual environment

$(TORCH_READY): pyproject.toml constraints.txt tests/torch/requirements.txt
	$(PYTHON) -m venv $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-r tests/torch/requirements.txt -e ".[sb3]" pytest
	touch $@

# Pictures of the tasks take minutes where there are none yet; tests draw some of them.
test test-all: export JGN_DOCS_PICTURES := 0

# CI runs both sets, which together are every test (tests/architecture/test_what_ci_runs.py).
test: $(READY) lint docs test-torch ## lint, types, the site, and every test that is not slow
	$(PYTEST) -m "not slow"

test-slow: $(READY) ## the slow tests: further ids, configurations, statistics, learning, benchmarks
	$(PYTEST) -m slow

test-all: test test-site test-slow ## what CI runs

test-torch: $(TORCH_READY) ## tests with PyTorch, Stable-Baselines3 and rejax, in an environment of their own
	$(TEST_FLAGS) $(TORCH_VENV)/bin/python -m pytest tests/torch

test-site: docs ## the site in a browser; needs the Debian packages chromium and chromium-driver
	$(RUN) -m pytest tests/site

lint: $(READY) ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

demo: $(READY) ## train an agent on random-dot motion, and plot it beside the ideal observer and a monkey
	$(RUN) examples/train_ppo.py

bench: $(READY) ## compile time, steps per second and ratios of every task
	$(RUN) -m jaxgym_neuro bench tasks --thorough

parity-record: ## record NeuroGym's tasks anew, in an environment of its own
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python -m pip install --quiet --disable-pip-version-check -r tests/parity/requirements.txt
	.venv-parity/bin/python tests/parity/record.py

# What was read and what was run is kept in docs/_build, so that a build does only what is new. A build
# that fails forgets what it read, since Sphinx says what is wrong with a page when it reads it.
docs: $(READY) ## build the documentation, in docs/_build/html
	@$(RUN) -m sphinx -b html -j auto -q -W --keep-going -d docs/_build/doctrees docs docs/_build/html \
		|| { rm -rf docs/_build/doctrees; exit 1; }

clean: ## remove what the other targets made
	rm -rf $(VENV) $(TORCH_VENV) .venv-parity build dist docs/_build docs/tasks .pytest_cache
