# Thin: what each target does is in tools/. PYTHON names the Python to begin with (3.11 or newer).
PYTHON ?= python3
RUN = .venv/bin/python
DEV = @$(PYTHON) tools/bootstrap.py dev
SHELL_SCRIPTS = tools/lock.sh .ci/run

.PHONY: run serve test test-fast lint format bench freeze screenshots translations

run: ## the main job: a server, and this computer online with it
	@$(PYTHON) tools/run.py

serve: ## only the server
	@$(PYTHON) tools/bootstrap.py server
	@QUBIX_HOME=.qubix .venv/bin/qubix-server serve

test: ## everything, as CI runs it
	$(DEV)
	@$(RUN) -m pytest -n 2 --dist loadgroup

test-fast: ## the part for every few minutes; half of it is waiting
	$(DEV)
	@$(RUN) -m pytest -n 3 --dist loadgroup -m "not slow"

lint: ## ruff, mypy --strict, import-linter, shellcheck
	$(DEV)
	@$(RUN) tools/lint.py

format: ## rewrites the sources as `make lint` wants them
	$(DEV)
	@$(RUN) -m ruff format . && $(RUN) -m ruff check --fix .

bench: ## ratios against named baselines
	$(DEV)
	@$(RUN) -m bench

freeze: ## the application for this system, in dist/
	$(DEV)
	@$(RUN) packaging/build.py

screenshots: ## every page and state as PNG, in docs/screenshots/
	$(DEV)
	@$(RUN) tools/screenshots.py

translations: ## gathers all texts into the .ts files, and makes of these what the application reads
	$(DEV)
	@$(RUN) tools/translations.py
