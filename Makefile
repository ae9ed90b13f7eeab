# Plain `make` lists what there is to do. Only Python 3.11+, make and git need to be installed.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
PIP_COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m piptools compile --quiet --generate-hashes \
	--strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--annotation-style=line
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
NODE_MODULES := node_modules/.installed-from

.DEFAULT_GOAL := help
.PHONY: help demo run test check api-check simulate chaos mutants bench format messages reset flask stripe screenshots requirements

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## Run the shop and the Stripe sandbox together; no keys, no network (PORT, SANDBOX_PORT)
	@$(PY) -m scripts.demo

run: $(INSTALLED) ## Run the shop and what works beside it, with the Stripe account in the environment or .env (PORT)
	@$(PY) -m scripts.run

test: $(INSTALLED_DEV) $(NODE_MODULES) ## Run every test, in a real browser too (ARGS="tests/webhooks -x" narrows it)
	@CHROMIUM="$$($(PY) -m tests.browser)" && export CHROMIUM && $(PY) -m pytest -n auto --dist worksteal $(ARGS)

check: $(INSTALLED_DEV) ## Check format, lint and types
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy

api-check: $(INSTALLED_DEV) ## Try to prove the API's description wrong, over HTTP: some 10,000 cases (EXAMPLES)
	@$(PY) -m tests.api.check

simulate: $(INSTALLED_DEV) ## Play the shop and Stripe in thousands of orders, from one seed each (SCHEDULES, SEED)
	@$(PY) -m tests.simulation $(if $(SEED),--seed $(SEED),--schedules $(or $(SCHEDULES),2000))

chaos: $(INSTALLED_DEV) ## Kill, restart and silence real processes under load, on both databases (SECONDS, SEED)
	@$(PY) -m tests.chaos

mutants: $(INSTALLED_DEV) ## Break the shop in some fifty ways, and see a test turn red each time (ARGS="NC-")
	@$(PY) -m tests.mutants $(ARGS)

format: $(INSTALLED_DEV) ## Format the code and mend what ruff can mend
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

messages: $(INSTALLED) ## Bring the translations up to date with the code, and say what they lack
	@$(PY) -m scripts.messages

reset: ## Forget the demo's database, sandbox and keys; the next `make demo` starts over
	rm -rf var

bench: $(INSTALLED_DEV) ## Measure how fast it is on this machine (ARGS="sandbox" picks one)
	@$(PY) -m benchmarks $(ARGS)

flask: $(INSTALLED) ## Run a flask command on the demo's database (ARGS="routes")
	@$(PY) -m scripts.demo_environment $(PY) -m flask $(ARGS)

stripe: $(NODE_MODULES) ## Run the Stripe CLI on the demo's sandbox, no account needed (ARGS="trigger charge.refunded")
	@STRIPE_API_KEY=sk_test_sandbox STRIPE_CLI_TELEMETRY_OPTOUT=1 XDG_CONFIG_HOME="$(abspath var)" \
		PATH="$(abspath $(VENV))/bin:$$PATH" node_modules/.bin/stripe $(ARGS) \
		--api-base http://127.0.0.1:$(or $(SANDBOX_PORT),4242)

screenshots: $(INSTALLED_DEV) ## Take the documents' pictures from a running `make demo`
	@CHROMIUM="$$($(PY) -m tests.browser)" && export CHROMIUM && $(PY) -m scripts.screenshots

requirements: $(INSTALLED_DEV) ## Pin requirements*.in again, with hashes (ARGS="--upgrade" for newer ones)
	@$(PIP_COMPILE) $(ARGS) -o requirements.txt requirements.in
	@$(PIP_COMPILE) $(ARGS) -o requirements-dev.txt requirements-dev.in

$(INSTALLED): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed. Name one with: make PYTHON=python3.12")'
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing requirements.txt into $(VENV) …"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.txt
	@echo "Installing requirements-dev.txt into $(VENV) …"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

# Types for checking our JavaScript, the Stripe CLI and the Node SDK; npm comes with the requirements.
$(NODE_MODULES): package-lock.json | $(INSTALLED_DEV)
	@echo "Installing package-lock.json into node_modules …"
	@PATH="$(abspath $(VENV))/bin:$$PATH" npm ci --silent
	@cp package-lock.json $@
