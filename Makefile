# Lianzhen. `make run` brings it up, `make test` tests all of it; `make help` lists the rest.
.DEFAULT_GOAL := help
PORT ?= 8080
DATA ?= ./data
PYTHON ?= python3
UV := .venv/bin/uv
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_PREFERENCE := only-system
unexport PYTHONDONTWRITEBYTECODE # compiled once, the server starts in a third of the time

.PHONY: help run test check bench setup lint types rules js clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Python 3.11 or newer is missing: apt-get install -y python3'; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; echo 'The venv module of Python is missing: apt-get install -y python3-venv'; exit 1; }
	@.venv/bin/pip install --quiet --disable-pip-version-check uv

setup: $(UV) ## what `run` needs, into .venv
	@$(UV) sync --quiet --frozen --inexact --no-dev --extra demo
	@test .venv/.compiled -nt uv.lock || { .venv/bin/python -c 'import server.app, server.demo' && touch .venv/.compiled; }

run: setup ## the whole platform with a demo consortium on 127.0.0.1:$(PORT), data in $(DATA)
	@.venv/bin/lianzhen demo --port $(PORT) --data $(DATA)

dev: $(UV)
	@$(UV) sync --quiet --frozen --inexact --extra demo

test: dev ## every test, on both stores, browsers included; some: TESTS=tests/rules
	@.venv/bin/python -m tests.parts
	@$(MAKE) --no-print-directory check
ifdef TESTS
	.venv/bin/python -m pytest $(TESTS)
else
	@failed=0; \
	.venv/bin/python -m pytest -n 3 --dist loadfile -m 'not browser and not call' --ignore=tests/rules || failed=1; \
	.venv/bin/python -m pytest -n 2 --dist loadfile -m browser || failed=1; \
	.venv/bin/python -m pytest -m call || failed=1; \
	exit $$failed
endif

check: dev lint types rules ## quick feedback: lint, types, imports, rules (under a minute)

lint:
	.venv/bin/ruff check . && .venv/bin/ruff format --check .

types:
	.venv/bin/mypy && .venv/bin/lint-imports
	.venv/bin/python -m tests.node npm run --silent types

rules:
	.venv/bin/python -m pytest -q tests/rules
	.venv/bin/python -m tests.node npm test --silent

bench: dev ## measurements: all, or NAME=join|signalling|lists|...
	.venv/bin/python -m tests.benchmarks $(NAME)

clean: ## remove what was built, keep data
	rm -rf .venv node_modules static/dist
