# Everything a person does here, from a fresh clone: `make help`.

VENV := .venv
BIN := $(VENV)/bin
# An interpreter of our own choosing: `make install PYTHON=/path/to/python3.12`.
PYTHON ?=
# More words for the command of run, test, migrate and bench: `make run ARGS="--port 9000"`.
ARGS ?=

# A process a core, four at most: each has databases of its own.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile

INSTALLED := $(VENV)/.installed
MODULES := explorer/node_modules/.package-lock.json
BROWSER_MODULES := tests/browser/node_modules/.package-lock.json
CLIENT_MODULES := tests/clients/node_modules/.package-lock.json
CONFORMANCE_MODULES := tests/conformance/node_modules/.package-lock.json
QUALITY_MODULES := tests/quality/node_modules/.package-lock.json
CODEGEN_MODULES := tests/codegen/node_modules/.package-lock.json
EXPLORER := explorer/dist/index.html
EXPLORER_SOURCES := $(wildcard explorer/*.* explorer/.npmrc explorer/src/* explorer/public/*)
SDL := schema/schema.graphql
RELEASED_SDL := tests/architecture/released.graphql
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command 'make lock' pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install explorer browser clients conformance quality codegen run test test-slow test-stock check format sdl \
	release-sdl coverage bench migrate lock upgrade clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) explorer ## Set up .venv with its tools, and build the explorer

explorer: ## Build GraphiQL into explorer/dist (needs Node 20.19 or newer)
	@if .ci/node_is_new_enough; then \
		$(MAKE) -s $(EXPLORER); \
	else \
		printf '%s\n' '' \
			'**** No explorer: it is built with Node 20.19 or newer and npm, which are not here. ****' \
			'**** The API works without it; install Node and say `make explorer` to have it.     ****' '' >&2; \
	fi

browser: # What the tests that drive a real Chromium need; they say so when it is missing.
	@if .ci/node_is_new_enough; then $(MAKE) -s $(BROWSER_MODULES); fi

clients: # The GraphQL clients from npm that tests subscribe with.
	@if .ci/node_is_new_enough; then $(MAKE) -s $(CLIENT_MODULES); fi

conformance: # The suites from npm that audit how the API speaks its protocols.
	@if .ci/node_is_new_enough; then $(MAKE) -s $(CONFORMANCE_MODULES); fi

quality: # graphql-eslint, which the schema and the operations are held against.
	@if .ci/node_is_new_enough; then $(MAKE) -s $(QUALITY_MODULES); fi

codegen: # What the tests that build a front end's TypeScript types need.
	@if .ci/node_is_new_enough; then $(MAKE) -s $(CODEGEN_MODULES); fi

run: install ## Serve the API, GraphiQL and the demonstration course on SQLite
	@$(BIN)/python main.py $(ARGS)

test: install ## Run the tests that this machine can run, and say which ones it cannot
	@$(BIN)/python -m pytest $(PARALLEL) -m 'not slow' --junitxml=build/tests.xml $(ARGS)
	@$(BIN)/python .ci/left_out.py build/tests.xml
	@echo 'Left for `make test-slow`: crashes, storms, real clients, a real browser.'

test-slow: install browser clients conformance quality codegen ## Run the tests that take seconds each: crashes, storms, clients, browser
	@$(BIN)/python -m pytest $(PARALLEL) -m slow --junitxml=build/slow.xml $(ARGS)
	@$(BIN)/python .ci/left_out.py build/slow.xml

test-stock: install ## Run the tests of what is served on Strawberry's own executor, without compiled selections
	@STOCK_EXECUTION=1 $(BIN)/python -m pytest $(PARALLEL) -m 'not slow' $(ARGS) \
		tests/schema tests/operations tests/server

check: $(INSTALLED) ## Check format, lint, types, import contracts, dependencies, spelling, SDL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell
	$(BIN)/python main.py schema --check

format: $(INSTALLED) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sdl: $(INSTALLED) ## Write schema/schema.graphql from the code
	@mkdir -p build
	@$(BIN)/python main.py schema > build/schema.graphql
	@mv build/schema.graphql $(SDL)

release-sdl: sdl ## Take today's SDL as what clients rely on (when a version is released)
	@cp $(SDL) $(RELEASED_SDL)

coverage: install browser clients conformance quality codegen ## Run the tests and show the lines none of them reached
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

bench: $(INSTALLED) ## Measure W1 to W7 beside the floor and peers, or what ARGS name (see bench/README.md)
	@$(BIN)/python -m bench $(or $(ARGS),workloads)

migrate: $(INSTALLED) ## Bring the database of COURSEGRADE_DATABASE_URL to the newest schema
	@$(BIN)/python main.py migrate $(ARGS)

lock: $(INSTALLED) ## Write requirements/ anew after a change of pyproject.toml, keeping versions
	$(LOCK) --group dev --output-file requirements/dev.txt $(LOCK_FLAGS)
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/run.txt $(LOCK_FLAGS)

upgrade: ## Write requirements/ anew with the newest versions allowed
	@$(MAKE) --no-print-directory lock LOCK_FLAGS=--upgrade

clean: ## Remove everything that was installed or built; databases stay
	rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache explorer/node_modules explorer/dist \
		tests/browser/node_modules tests/clients/node_modules tests/conformance/node_modules \
		tests/quality/node_modules tests/codegen/node_modules bench/peers/*/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip alone: it is there with every Python, respects each machine's own configuration, and
# takes under half a minute. -qq keeps its remarks on that configuration out of the way.
$(INSTALLED): requirements/dev.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || .ci/make_venv $(VENV) $(PYTHON)
	@echo 'Installing the packages of requirements/dev.txt ...'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes \
		--requirement requirements/dev.txt
	@touch $@

$(MODULES) $(BROWSER_MODULES) $(CLIENT_MODULES) $(CONFORMANCE_MODULES) $(QUALITY_MODULES) $(CODEGEN_MODULES): \
		%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

$(EXPLORER): $(MODULES) $(EXPLORER_SOURCES)
	cd explorer && npm run build
	@touch $@
