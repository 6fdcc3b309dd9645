# Two commands are the whole set-up: `make nightly` and `make test`. Both bring uv and the locked environment with them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Byte code is compiled once at installation; every start after that is twice as fast.
unexport PYTHONDONTWRITEBYTECODE
export GX_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
STAMP := .venv/.synced
SUPERSET := superset/.venv/.synced

.PHONY: help nightly test check security airflow superset generated clean

help: ## Show what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; run: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setting up uv in .uv"
	@$(PYTHON) -m venv .uv || { echo "make: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

$(STAMP): $(UV) pyproject.toml uv.lock
	@echo "installing the locked environment into .venv (minutes the first time, seconds from a cache)"
	@$(UV) sync --quiet --frozen --python "$$(command -v $(PYTHON))"
	@touch $@

# The BI server has an environment of its own: its SQLAlchemy cannot be shared with Airflow's.
$(SUPERSET): $(UV) superset/requirements.txt
	@echo "installing the locked BI server into superset/.venv"
	@$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" superset/.venv
	@$(UV) pip sync --quiet --require-hashes --python superset/.venv/bin/python superset/requirements.txt
	@touch $@

# make itself only ever ends with 0 or 2: hrtp's 3 (published, but somebody should look) is said and passes.
nightly: $(STAMP) ## Load every source, build and publish the figures, show the scorecard.
	@code=0; .venv/bin/hrtp nightly || code=$$?; \
	if [ $$code -eq 3 ]; then echo "hrtp nightly: exit 3, published, but the sources named above want attention"; exit 0; fi; \
	exit $$code

test: $(STAMP) $(SUPERSET) ## Run all checks and tests, fast ones first.
	@.venv/bin/python tests/run_all.py

check: $(STAMP) ## Run only the fast checks: ruff, mypy, SQLFluff, dbt parse, drift.
	@.venv/bin/python tests/run_all.py --fast

security: $(STAMP) ## Check the locked packages for known vulnerabilities (asks the registry), secrets, bill of materials.
	@.venv/bin/python tests/supply_chain.py --online

generated: $(STAMP) ## Write all generated files again.
	@.venv/bin/python -m hrtp.render

airflow: $(STAMP) ## Start Airflow's web interface on loopback, with the DAGs.
	@.venv/bin/python orchestration/cluster.py

superset: $(SUPERSET) ## Start the dashboards on loopback; the PostgreSQLs are named by settings (docs/how-to/dashboards.md).
	@PATH="$$PWD/superset/.venv/bin:$$PATH" sh superset/start.sh

clean: ## Remove the environment and caches; data under var/ stays.
	@rm -rf .venv superset/.venv .uv .pytest_cache .mypy_cache .ruff_cache dbt_project/target
