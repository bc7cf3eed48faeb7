.DEFAULT_GOAL := help
.PHONY: help run setup migrate train test test-nightly test-quick evaluate bench lint format lock import verify-knowledge knowledge-coverage clean
PY := .venv/bin/python

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## Install, prepare, train where needed, start everything and print the addresses
	@exec $(PY) -m bot run

setup: ## Install what the lock names into .venv
	@scripts/setup.sh

migrate: setup ## Bring the database to the newest schema and load the shipped knowledge
	@$(PY) -m bot migrate

train: setup ## Train the understanding and the ranking, even where a model exists
	@$(PY) -m bot train

test: setup ## Run the whole test suite; installs what it needs from Debian
	@scripts/test-tools.sh
	@$(PY) -m pytest

test-nightly: setup ## Run what takes too long for every change: whole trainings, released and rolled back
	@scripts/test-tools.sh
	@$(PY) -m pytest -m nightly

test-quick: setup ## Run the tests that need no trained model, browser or server
	@$(PY) -m pytest -m "not slow" -n auto

evaluate: setup ## Measure the answers on the held-out questions and write a report to var/evaluation
	@$(PY) -m bot evaluate

bench: setup ## Measure speed and memory side by side with stock Rasa
	@$(PY) -m tests.load.bench

lint: setup ## Check style, types and who imports whom
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy && .venv/bin/lint-imports

format: setup ## Format the code
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

lock: ## Compile the hashed lock anew from requirements/*.in
	@cd requirements && uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.10 dev.in -o requirements.lock
	@cd requirements && uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.10 -c requirements.lock installer.in -o installer.lock

verify-knowledge: setup ## Check every entry against the gazettes: make verify-knowledge SOURCES=folder
	@$(PY) -m bot verify-knowledge $(SOURCES)

knowledge-coverage: setup ## List provisions that no entry tells, and contradictions: make knowledge-coverage SOURCES=folder
	@$(PY) -m bot knowledge-coverage $(SOURCES)

clean: ## Remove what was built; the database under var/ stays
	@rm -rf .venv node_modules models/*.tar.gz models/*.json .pytest_cache .mypy_cache .ruff_cache
