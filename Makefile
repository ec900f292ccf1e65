# Everything a contributor or CI does. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
REPO ?= /etc
N ?= 2000
V ?= 50
RUNS ?= 5
ORACLE_EXAMPLES ?= 20000
TARGET ?= syntax
SECONDS ?= 1800
FUZZ ?= .fuzz
ARGS ?=
# What the tests need besides Python; `make test TOOLS=` installs nothing and skips those tests.
TOOLS ?= nginx libnginx-mod-stream libnginx-mod-mail etckeeper chromium openssl zsh fish groff

BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-for-development

.PHONY: help
help: ## list what can be made
	@echo 'make TARGET [PYTHON=python3.11]'
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS='	' read -r target text; do \
		printf '  %-10s %s\n' "$$target" "$$text"; done

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

.PHONY: fuzz
fuzz: $(DEV) ## look for bytes that break TARGET=syntax for SECONDS=1800, with what was found kept in FUZZ=.fuzz
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -W ignore -m tests.fuzz.run '$(TARGET)' '$(SECONDS)' '$(FUZZ)'

.PHONY: lint
lint: $(DEV) ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: smoke
smoke: $(DEV) ## build the wheel, install it elsewhere, and use it there
	sh .ci/smoke '$(PYTHON)' '$(BIN)/python'

.PHONY: bench
bench: $(RUN) ## time a full scan of N=2000 commits with V=50 sites, or of REPO=path; the page of a long history; and a commit with the hook
	$(BIN)/python bench/scan.py --commits $(N) --vhosts $(V) --runs $(RUNS) $(if $(filter command line,$(origin REPO)),--repository '$(REPO)')
	$(BIN)/python bench/page.py --runs $(RUNS)
	$(BIN)/python bench/hook.py --runs $(RUNS)

.PHONY: schema
schema: $(RUN) ## write the published JSON Schemas anew from the types they are made of
	$(BIN)/python -m driftscan.report.schema
	$(BIN)/python -m driftscan.configuration.schema

.PHONY: completion
completion: $(RUN) ## write the words anew that the TAB key offers
	$(BIN)/python -m driftscan.cli.completion

.PHONY: man
man: $(RUN) ## write the manual page build/driftscan.1
	@mkdir -p build
	$(BIN)/python -m driftscan.cli.manual >build/driftscan.1.new && mv build/driftscan.1.new build/driftscan.1

.PHONY: readme
readme: $(RUN) ## write the parts of README.md anew that driftscan prints itself
	$(BIN)/python -m tests.readme

.PHONY: deb
deb: ## build a Debian package in build/, which brings its own Python
	@sh .ci/tools patchelf
	@rm -rf build/venv
	@sh .ci/venv '$(PYTHON)' build/venv
	build/venv/bin/python -B packaging/deb/package.py build

.PHONY: deb-test
deb-test: deb ## as root: install that package on this machine, use it, and remove it again
	sh .ci/deb build

.PHONY: check
check: test lint smoke ## everything that CI runs

.PHONY: clean
clean: ## remove all that make has made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .fuzz
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
