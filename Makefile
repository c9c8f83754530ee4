# Needs Python 3.11 or newer and make; everything else is installed into this folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Dozens of processes start from the same files: compiled once, not by each of them.
unexport PYTHONDONTWRITEBYTECODE
# What a shell's profile or a CI runner may hand down would make another Python of it.
unexport PYTHONHOME PYTHONPATH PYTHONOPTIMIZE PYTHONSAFEPATH PYTHONWARNINGS
export PYTHONUTF8 := 1

# The first Python that is new enough, with the names it usually has.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

.PHONY: help run test lint format build reset bench chaos soak payday storm pictures lock mutants schema eb-bundle install

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## install the locked Python packages into .venv (every other target does it first)
	@test -n "$(PYTHON)" || { echo "Vez needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; }
	@$(PYTHON) requirements/install.py

run: install ## start the whole clinic with demo data on http://localhost:8000 (PORT changes it)
	@$(PY) -m clinic.demo run --under-make

test: install ## run every test: Python, TypeScript, and the day in a browser
	@$(PY) -m tests.run

lint: install ## run every check that needs no test: style, types, imports, migrations, schema
	@$(PY) -m tests.lint

format: install ## format Python and TypeScript
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .
	@$(PY) -m clinic.launcher.frontend npm run --silent format

build: install ## build the front end into frontend/dist, if a source changed
	@$(PY) -m clinic.launcher.frontend build

reset: install ## forget the demo's data, secrets and logs
	@$(PY) -m clinic.demo reset

bench: install ## measure displays, presses, slow readers, waits, the display page, webhooks, invoices, SAF-T and faces
	@$(PY) -m clinic.launcher.frontend build
	@$(PY) -m tests.bench

chaos: install ## let databases, connections, clocks, disk and workers hang or lie, one by one, while people pay
	@$(PY) -m tests.chaos.outages $(if $(KINDS),--kinds $(KINDS)) $(if $(AWAY),--away $(AWAY))

soak: install ## stop everything that can stop, CYCLES (100) times, with 20 displays watched meanwhile
	@$(PY) -m clinic.launcher.frontend build
	@$(PY) -m tests.chaos.soak --cycles $(or $(CYCLES),100)

payday: install ## let PEOPLE (500) pay while KILLS (200) processes are killed; nothing may be lost or doubled
	@$(PY) -m tests.chaos.payday --people $(or $(PEOPLE),500) --kills $(or $(KILLS),200)

storm: install ## tell EVENTS (10000) of a provider in a storm, reconcile once, compare to the cent
	@EVENTS=$(or $(EVENTS),10000) $(PY) -m tests.bench storm

pictures: install ## take the README's pictures again, from the demo that is running
	@$(PY) -m clinic.launcher.frontend npm run --silent test:e2e -- --project=screenshots readme

mutants: install ## change the rules in one place at a time, MUTANTS (all) of them by SEED (1); a test has to notice
	@nice -n 15 $(PY) -m tests.mutants $(if $(MUTANTS),--sample $(MUTANTS)) --seed $(or $(SEED),1)

schema: install ## write the OpenAPI document and the TypeScript types made from it
	@$(PY) -m tests.lint schema --write

lock: install ## write the lock files anew from requirements/*.in (LOCK_ARGS=--upgrade for newer versions)
	@for name in bootstrap base dev; do \
		echo "requirements/$$name.lock"; \
		.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header --overrides requirements/overrides.txt $(LOCK_ARGS) \
			requirements/$$name.in -o requirements/$$name.lock || exit 1; \
	done

eb-bundle: install ## zip the Elastic Beanstalk bundle of the API into docker/dist
	@$(PY) docker/elastic_beanstalk/bundle.py
