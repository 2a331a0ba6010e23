# `make demo` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
DEMO := --index lmdb:.demo
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo check test test-all lint picture lock clean bench bench-full bench-docs bench-check bench-micro bench-deps

demo: $(READY)
	@$(BIN)/dedup ingest seeds $(DEMO)
	@echo
	@$(BIN)/dedup resemble seeds $(DEMO)

# lint and the tests that need no server, no browser and no Spark: under a minute, for every save
UNITS := $(addprefix tests/, align formats search sketching stores corpus/test_clusters.py corpus/test_keep.py \
	$(addprefix test_, $(addsuffix .py, admission engine record report scheme)))

check: lint
	$(BIN)/pytest -q -n 2 -m "not slow" $(UNITS)

test: lint
	$(BIN)/pytest -q -n 2 -m "not slow" --cov --cov-report=term-missing:skip-covered

test-all: lint
	$(BIN)/pytest -q --cov --cov-report=term-missing:skip-covered

lint: $(READY)
	$(BIN)/ruff check -q
	$(BIN)/ruff format --check -q
	$(BIN)/mypy
	$(BIN)/lint-imports

# docs/demo.svg, the picture in the README
picture: $(READY)
	$(BIN)/python docs/picture.py

# RESEMBLES_EVAL names a folder of evaluation texts; without it the texts are generated. ONLY="--only indexes": one suite
bench: $(READY)
	$(BIN)/python -m benchmarks --size small $(ONLY)

# about twenty-five minutes; what docs/performance.md is made of
bench-full: $(READY)
	$(BIN)/python -m benchmarks --size full $(ONLY)
	$(BIN)/python -m benchmarks.report.page

bench-docs: $(READY)
	$(BIN)/python -m benchmarks.report.page

# instructions (needs valgrind) and recall against benchmarks/budgets.toml; UPDATE=--update writes them
bench-check: $(READY)
	$(BIN)/python -m benchmarks.budgets.check $(UPDATE)

bench-micro: $(READY)
	$(BIN)/pytest -q -o addopts="--import-mode=importlib -p no:valkey" -o python_files=micro.py benchmarks/budgets/micro.py $(ARGS)

# peers and plots, for the benchmarks only; an older pip knows no dependency groups
bench-deps: $(READY)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group bench

# a stamp: the second run has nothing to do
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# the only target that needs uv
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --group dev --extra client --extra corpus --extra parquet --extra service --extra spark --extra telemetry --extra warc --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage dist build
	find . -name __pycache__ -prune -exec rm -rf {} +
