# Shortcuts for the environment that `make setup` makes in .venv.
.PHONY: setup check test format ci nightly soak fuzz mutation mutants

# How long `make soak` goes on, and `make fuzz` with each of its targets.
SECONDS = 3600

setup: .venv/bin/trig

.venv/bin/trig: pyproject.toml
	python3 -m venv .venv
	.venv/bin/pip install -e '.[dev]'
	touch $@

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test: setup
	.venv/bin/pytest -n 2

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

ci:
	.ci/run

nightly: mutation soak fuzz

mutation: setup
	.venv/bin/python tests/mutation/gate.py --jobs 2

# What finds each fault, as a table: the definition alone if it can, else what else does.
mutants: setup
	.venv/bin/python tests/mutation/gate.py --jobs 2 --suites definition cases laws --table tests/mutation/mutants.md

soak: setup
	.venv/bin/python tests/properties/soak.py --seconds $(SECONDS)

fuzz: setup
	.venv/bin/python tests/fuzz/fuzz.py --seconds $(SECONDS)
