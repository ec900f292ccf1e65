# Everything a contributor or CI does. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
REPO ?= /etc
N ?= 2000
V ?= 50
RUNS ?= 5
ORACLE_EXAMPLES ?= 20000
ARGS ?=
# What the tests need besides Python; `make test TOOLS=` installs nothing and skips those tests.
TOOLS ?= nginx libnginx-mod-stream libnginx-mod-mail etckeeper chromium openssl

BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-for-development

.PHONY: help
help: ## list what can be made
	@echo 'make TARGET [PYTHON=python3.11]'
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS='	' read -r target text; do \
		printf '  %-8s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: $(RUN) ## the founding incident: build its history, tell it, and write driftscan-demo.html
	$(BIN)/driftscan demo

.PHONY: report
report: $(RUN) ## write driftscan-report.html about REPO=/etc
	$(BIN)/driftscan report -C '$(REPO)' -o driftscan-report.html

.PHONY: test
test: $(DEV) ## run the tests; as root on Debian, install what they need first (ARGS=... for pytest)
	@sh .ci/tools $(TOOLS)
	$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal $(ARGS)

.PHONY: oracle
oracle: $(DEV) ## compare the load prediction with the installed nginx on ORACLE_EXAMPLES=20000 random configurations
	ORACLE_EXAMPLES=$(ORACLE_EXAMPLES) $(BIN)/pytest -q tests/oracle/test_generated.py

.PHONY: lint
lint: $(DEV) ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: smoke
smoke: $(DEV) ## build the wheel, install it elsewhere, and use it there
	sh .ci/smoke '$(PYTHON)' '$(BIN)/python'

.PHONY: bench
bench: $(RUN) ## time a full scan of N=2000 commits with V=50 sites, or of REPO=path; and the page of a long history
	$(BIN)/python bench/scan.py --commits $(N) --vhosts $(V) --runs $(RUNS) $(if $(filter command line,$(origin REPO)),--repository '$(REPO)')
	$(BIN)/python bench/page.py --runs $(RUNS)

.PHONY: schema
schema: $(RUN) ## write the published JSON Schema anew from the types it is made of
	$(BIN)/python -m driftscan.report.schema

.PHONY: readme
readme: $(RUN) ## write the parts of README.md anew that driftscan prints itself
	$(BIN)/python -m tests.readme

.PHONY: check
check: test lint smoke ## everything that CI runs

.PHONY: clean
clean: ## remove all that make has made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f driftscan-demo.html driftscan-report.html
	find driftscan tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): pyproject.toml
	@sh .ci/venv '$(PYTHON)' '$(VENV)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): pyproject.toml
	@sh .ci/venv '$(PYTHON)' '$(VENV)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@ $(RUN)
