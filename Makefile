# Two commands matter: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
RUN := .venv/bin
DEV := .venv-dev/bin
export FLASK_APP := wsgi.py
# Compiled modules are kept, also where the surroundings forbid it: a command starts in two thirds of the time.
export PYTHONDONTWRITEBYTECODE :=
ENGLISH := shop/translations/en/LC_MESSAGES/messages.po

.DEFAULT_GOAL := help
.PHONY: help run test soak stripe-journeys lint bench lock words audit doctor clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# An environment is rebuilt only when its lock file changed.
.venv/.lock: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Chợ Phiên needs Python 3.11 or newer; PYTHON=python3.12 make run chooses one.") if sys.version_info < (3, 11) else None'
	@echo "Installing what the shop needs (once, about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@cp requirements.txt .venv/.lock

.venv-dev/.lock: requirements-dev.txt
	@$(PYTHON) -m venv --clear .venv-dev
	@$(DEV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@cp requirements-dev.txt .venv-dev/.lock

run: .venv/.lock ## install, migrate, load the demo shop once, serve on http://127.0.0.1:8000
	@$(RUN)/flask serve

test: .venv-dev/.lock ## run every test: rules, pages, both databases, a real browser
	@$(DEV)/python -m pytest

soak: .venv-dev/.lock ## the long runs: races, kill -9 loops, property tests with many more steps
	@SOAK=1 $(DEV)/python -m pytest

lint: .venv-dev/.lock ## style, types, floors and rooms
	@$(DEV)/ruff check shop tests migrations wsgi.py
	@$(DEV)/ruff format --check shop tests migrations wsgi.py
	@$(DEV)/lint-imports --no-cache
	@$(DEV)/pyright --pythonpath $(DEV)/python shop

stripe-journeys: .venv-dev/.lock ## pay by card in Stripe's real test mode (SHOP_STRIPE_SECRET_KEY=sk_test_…)
	@$(DEV)/python -m tests.stripe_journeys

bench: .venv-dev/.lock ## seed 1,000 and 20,000 products into a scratch database and measure
	@$(DEV)/python -m tests.bench

words: .venv-dev/.lock ## gather new sentences into the English catalogue
	@$(DEV)/pybabel -q extract -F shop/translations/babel.cfg -k lazy_ --sort-output --omit-header --no-location -o .words.pot .
	@head -n 8 $(ENGLISH) > .words.head # Babel would write placeholders, or none; editors need the charset.
	@$(DEV)/pybabel -q update -i .words.pot -d shop/translations -l en --no-fuzzy-matching --ignore-obsolete --omit-header --no-wrap
	@cat .words.head $(ENGLISH) > .words.po && mv .words.po $(ENGLISH)
	@rm -f .words.pot .words.head

doctor: .venv/.lock ## say what is healthy and what is not
	@$(RUN)/flask doctor

audit: .venv-dev/.lock ## known advisories against the locked versions (needs a network)
	@uvx pip-audit --strict -r requirements.txt

lock: ## write both lock files anew from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra grown --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements.txt
	@uv pip compile pyproject.toml --extra grown --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements-dev.txt

clean: ## remove environments and the demo database
	@rm -rf .venv .venv-dev instance
