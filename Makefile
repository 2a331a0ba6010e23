# `make demo` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
DEMO := --index lmdb:.demo
BIN := .venv/bin
RUN := .venv/run.installed
TEST := .venv/test.installed
BENCH := .venv/bench.installed

.PHONY: demo check test test-fast test-slow test-trust test-all mutate lint docs lock clean bench bench-full bench-docs bench-check bench-micro bench-deps

demo: $(RUN)
	@$(BIN)/dedup ingest seeds $(DEMO)
	@echo
	@$(BIN)/dedup resemble seeds $(DEMO)

# lint and the tests that need no server, no browser and no Spark: under a minute, for every save
UNITS := $(addprefix tests/, align formats search sketching stores corpus/test_clusters.py corpus/test_keep.py \
	$(addprefix test_, $(addsuffix .py, admission engine names record report scheme)))

check: lint
	$(BIN)/pytest -q -n 2 -m "not slow and not trust" $(UNITS)

test: lint test-fast

test-fast: $(TEST)
	$(BIN)/pytest -q -n 2 -m "not slow and not trust" --cov --cov-report=term-missing:skip-covered

# about twenty-five minutes on two cores; a file's tests on one of them, because they share servers and sessions; the
# longest takes three minutes on two idle cores
test-slow: $(TEST)
	$(BIN)/pytest -q -n 2 -m slow --dist loadfile --timeout 900

# kills, failing calls, damaged files, histories and oracles: what docs/operations.md promises
test-trust: $(TEST)
	$(BIN)/pytest -q -m trust tests/trust

# small faults put into search, align and the codecs, and how many of them the tests notice; about an hour
mutate: $(TEST)
	NUMBA_OPT=0 $(BIN)/python tools/mutate.py $(ROOMS)

test-all: test test-slow test-trust

lint: $(TEST)
	$(BIN)/ruff check -q
	$(BIN)/ruff format --check -q
	$(BIN)/mypy
	$(BIN)/lint-imports

# what the documents take from the code: outputs of examples, map, reference, pictures
docs: $(TEST)
	$(BIN)/python docs/make/examples.py
	$(BIN)/python docs/make/map.py
	$(BIN)/python docs/make/reference.py
	$(BIN)/python docs/make/flow.py
	$(BIN)/python docs/make/pictures.py

# RESEMBLES_EVAL names a folder of evaluation texts; without it the texts are generated. ONLY="--only indexes": one suite
bench: $(TEST)
	$(BIN)/python -m benchmarks --size small $(ONLY)

# about twenty-five minutes; what docs/performance.md is made of
bench-full: $(TEST)
	$(BIN)/python -m benchmarks --size full $(ONLY)
	$(BIN)/python -m benchmarks.report.page

bench-docs: $(TEST)
	$(BIN)/python -m benchmarks.report.page

# instructions (needs valgrind) and recall against benchmarks/budgets.toml; UPDATE=--update writes them
bench-check: $(TEST)
	$(BIN)/python -m benchmarks.budgets.check $(UPDATE)

bench-micro: $(TEST)
	$(BIN)/pytest -q -o addopts="--import-mode=importlib -p no:valkey" -o python_files=micro.py benchmarks/budgets/micro.py $(ARGS)

# peers and plots, for the benchmarks only
bench-deps: $(BENCH)

# one stamp a lock, so that the second run has nothing to do; all locks agree, so that one adds to the other
.venv/%.installed: locks/%.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv

# the only target that needs uv; `make lock UPGRADE=--upgrade` takes newer versions
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(UPGRADE) --group build
lock:
	@mkdir -p locks
	$(LOCK) --extra all --extra spark --group dev --group bench --output-file locks/bench.txt pyproject.toml
	$(LOCK) --constraint locks/bench.txt --extra all --extra spark --group dev --output-file locks/test.txt pyproject.toml
	$(LOCK) --constraint locks/bench.txt --extra service --output-file locks/service.txt pyproject.toml
	$(LOCK) --constraint locks/bench.txt --output-file locks/run.txt pyproject.toml

clean:
	rm -rf .venv .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage dist build
	find . -name __pycache__ -prune -exec rm -rf {} +
