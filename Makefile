# Two commands are enough to start: `make demo` and `make test`. Each makes its own virtual environment the first
# time; after that nothing is installed again until pyproject.toml changes, and no network is needed.

PYTHON ?= python3
BENCH_SCALE ?= 0.01

PLUGIN := $(wildcard tests/plugin/pyproject.toml)
TYPED := $(strip src tests scripts docs/gen $(wildcard benchmarks examples))
LINTED := $(TYPED) $(wildcard conftest.py)
UNMEASURED := law or slow
BENCHMARKS := $(notdir $(basename $(wildcard benchmarks/[a-z]*.py)))

VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
DEMO := .venv-demo
# A variable, since a comma would part the arguments of a call.
DEMO_EXTRAS := charts,excel
LOWEST_EXTRAS := charts excel fides hyper recommendations rights search spark testing

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# The documentation stays on MkDocs 1 (see pyproject.toml); its plugins need not say so on every run.
export DISABLE_MKDOCS_2_WARNING := true
export NO_MKDOCS_2_WARNING := 1

.PHONY: help demo test check code pages bench docs test-deep test-lowest clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:
	@echo "make demo         run the main job on invented data"
	@echo "make test         run the tests and measure their coverage"
	@echo "make check        lint, types, layers, docstrings, dependencies, documentation"
	@echo "make bench        run the benchmarks at a small size (BENCH_SCALE=1 for the full size)"
	@echo "make docs         build the documentation into site/"
	@echo "make test-deep    search for counterexamples to the laws for long"
	@echo "make test-lowest  run the tests with the lowest declared versions of all dependencies"
	@echo "make clean        remove all that make has made"
	@echo "PYTHON=python3.12 chooses another Python (3.11 or newer) for a new environment"

define ready
	@command -v $(PYTHON) >/dev/null || { echo "unified-customer needs Python 3.11 or newer, but there is no '$(PYTHON)' here. Install one, or name it:  make ... PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) scripts/python_ready.py
endef

# $(call environment,FOLDER,REQUIREMENTS): a virtual environment with the project installed editable. What
# builds it, and what builds PySpark, comes first and builds without isolation, so that a later run with nothing new to
# install needs no network.
define environment
	@$(1)/bin/python -m pip --version >/dev/null 2>&1 || { echo "Making $(1) ..."; $(PYTHON) -m venv --clear $(1); }
	@echo "Installing into $(1) (only when pyproject.toml has changed) ..."
	@$(1)/bin/python -m pip install --quiet "hatchling>=1.27" editables "setuptools>=77" wheel
	@$(1)/bin/python -m pip install --quiet --no-build-isolation $(2)
	@touch $@
endef

$(DEMO)/.installed: pyproject.toml
	$(ready)
	$(call environment,$(DEMO),-e '.[$(DEMO_EXTRAS)]')

$(VENV)/.installed: pyproject.toml $(PLUGIN)
	$(ready)
	$(call environment,$(VENV),-e '.[dev]' $(PLUGIN:%/pyproject.toml=-e ./%))

$(LOWEST)/.installed: pyproject.toml $(PLUGIN) scripts/lowest_requirements.py
	$(ready)
	@mkdir -p build
	@$(PYTHON) scripts/lowest_requirements.py $(LOWEST_EXTRAS) > build/lowest.txt
	$(call environment,$(LOWEST),-c build/lowest.txt -e '.[test]' $(PLUGIN:%/pyproject.toml=-e ./%))

demo: $(DEMO)/.installed
	@mkdir -p build
	@$(DEMO)/bin/unified-customer demo --report build/report.html

# What runs must be run by plain examples: laws and slow tests run beside them, unmeasured, since to measure them takes
# nearly as long again. They are shown when they are done.
test: $(VENV)/.installed
	@mkdir -p build
	@$(BIN)/python -m coverage erase
	@POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -m "$(UNMEASURED)" >build/laws.log 2>&1 & laws=$$!; \
	failed=0; $(BIN)/python -m coverage run --parallel-mode -m pytest -m "not ($(UNMEASURED))" || failed=$$?; \
	wait $$laws || failed=$$?; cat build/laws.log; exit $$failed
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report
	@$(BIN)/python scripts/coverage_floor.py

test-deep: $(VENV)/.installed
	@HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest tests/spec

test-lowest: $(LOWEST)/.installed
	@$(LOWEST)/bin/python -m pytest

check: code pages

code: $(VENV)/.installed
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)
	$(BIN)/mypy $(TYPED)
	$(if $(PLUGIN),$(BIN)/mypy -p unified_customer_test_plugin)
	$(BIN)/lint-imports
	$(BIN)/flake8 src
	$(BIN)/deptry src

pages: $(VENV)/.installed
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site
	@! grep -rnE --include='*.html' '<(script|img|iframe)[^>]+src="(https?:)?//|<link[^>]+href="(https?:)?//' build/site \
		|| { echo "These pages fetch something from elsewhere; the documentation must work offline." >&2; exit 1; }

docs: $(VENV)/.installed
	@$(BIN)/mkdocs build --strict
	@echo "Open site/index.html"

bench: $(VENV)/.installed
	@set -e; for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name --scale $(BENCH_SCALE); done

clean:
	rm -rf $(VENV) $(DEMO) $(LOWEST) build dist site htmlcov .coverage .coverage.* .hypothesis \
		.mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests scripts benchmarks docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
