# `make demo` runs the main job in the sandbox, `make test` the tests. Both need Python >= 3.11 and PyPI, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SANDBOX_DIR ?= .sandbox

.PHONY: demo test test-long test-all crash-matrix crash-matrix-real late-matrix oss-faults log-damage place-matrix \
	two-tenants concurrency mutations lint types format lock clean

demo: $(STAMP)
	$(BIN)/provision apply examples/shoot.yaml --sandbox --sandbox-dir $(SANDBOX_DIR)

test: $(STAMP)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The rest of the long tables, of which `make test` runs a part: kills, generated shoots, kinds of shoots (tests/README.md).
test-long: $(STAMP)
	$(BIN)/python -m pytest -m long $(PYTEST_ARGS)

test-all: test test-long

# Kills a run at every call that changes something; the next run has to find everything.
crash-matrix: $(STAMP)
	$(BIN)/python -m tests.crash.matrix $(CRASH_ARGS)

# The same with the provider that PROVISION_REAL_PROVIDER names: slow, so a spread over the whole matrix.
crash-matrix-real: $(STAMP)
	$(BIN)/python -m tests.crash.matrix --provider real --spread 40 --jobs 2 $(CRASH_ARGS)

# An object that a killed or stopped run made becomes visible only later; the next run must not end clean before that.
late-matrix: $(STAMP)
	$(BIN)/python -m tests.crash.late_matrix $(CRASH_ARGS)

# Every fault that an object store can have, at every call of a run.
oss-faults: $(STAMP)
	$(BIN)/python -m tests.crash.oss_faults $(CRASH_ARGS)

# Every kind of damage to a shoot's log, and how apply, plan and destroy react.
log-damage: $(STAMP)
	$(BIN)/python -m tests.crash.log_damage --jobs 2 $(CRASH_ARGS)

# Commands on an applied shoot with another account, region, bucket, entry, uid, technical ID or cloud.
place-matrix: $(STAMP)
	$(BIN)/python -m tests.crash.place_matrix --jobs 2 $(CRASH_ARGS)

# Shoots of several owners in one input folder: every reference of one, pointed at another owner's object.
two-tenants: $(STAMP)
	$(BIN)/python -m tests.crash.two_tenants --jobs 2 $(CRASH_ARGS)

# Twenty runs at once, ten times over: all on one shoot, taking turns with its state, and each on its own shoot.
concurrency: $(STAMP)
	CONCURRENCY=full $(BIN)/python -m pytest -n 0 tests/crash/test_concurrency.py $(PYTEST_ARGS)

# Five thousand small mistakes in manifests that have every field: all have to be noticed.
mutations: $(STAMP)
	$(BIN)/python -m tests.properties.mutations $(MUTATION_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pins everything that an installation needs, and everything that builds it, by version and checksum.
UV_COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	$(BIN)/$(UV_COMPILE) --extra terraform --extra sandbox --output-file requirements.lock pyproject.toml
	$(BIN)/$(UV_COMPILE) --output-file requirements-build.lock requirements-build.in

clean:
	rm -rf $(VENV) .sandbox dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[terraform,sandbox,controller,test,lint]'
	$(BIN)/python -m compileall -q provisioner
	touch $(STAMP)
