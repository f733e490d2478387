# Shortcuts for the environment that `make setup` makes in .venv.
.PHONY: setup check test format ci

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
