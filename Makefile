# Every target does its own set-up, once: a stamp file in a virtual environment remembers it until
# pyproject.toml or requirements-dev.txt change. Where packages come from is pip's configuration.

# The Python of .venv, used when it is made (`make clean` first to change it); default: the newest.
PYTHON ?=
# The versions that `make test` runs on, where they are found; .venv's own is always among them.
PYTHONS ?= 3.10 3.13

# Without bytecode every start compiles everything again, and start-up time is one of the promises.
unexport PYTHONDONTWRITEBYTECODE
# A Python environment of the caller is none of ours.
unexport PYTHONHOME
unexport PYTHONPATH

PIP := -m pip --quiet --disable-pip-version-check --no-input install
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: help run test lint format docs bench refresh-history pins wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# A verdict is an answer, not a failure of make: its exit code is shown and make ends 0. 1 (diagnose
# failed) and 2 (wrong usage) remain errors. HOST counts only on make's command line, since some
# shells keep the machine's own name in a variable of that name; it goes to the recipe through the
# environment and is split there into words, so that it can hold several hosts and options.
run: .venv/.run ## check a server: make run HOST=www.python.org (no HOST: the demo, without a network)
ifeq ($(origin HOST),command line)
	@set -f; .venv/bin/diagnose check $$HOST; $(show_exit_code)
else
	@.venv/bin/diagnose demo; $(show_exit_code)
endif

define show_exit_code
code=$$?; case $$code in \
	0|3|11|12) echo "diagnose ended with exit code $$code (see .venv/bin/diagnose check --help)" >&2 ;; \
	*) exit $$code ;; esac
endef

test: .venv/.made ## run the tests on each of PYTHONS that is found, with coverage on the newest
	@MAKE='$(MAKE)' tools/run-tests.sh $(PYTHONS)

lint: .venv/.dev ## ruff check, ruff format --check, mypy --strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: .venv/.dev ## format the code and mend what ruff can mend
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

docs: .venv/.dev ## write the parts of the docs that repeat the program
	.venv/bin/python tools/write_docs.py

bench: .venv/.dev ## measure start-up and checks, as ratios in one run
	.venv/bin/python bench/run.py

refresh-history: .venv/.dev ## renew the facts about the roots of certifi's releases
	.venv/bin/python tools/certifi_history.py

pins: .venv-pins/.made ## renew requirements-dev.txt
	.venv-pins/bin/python $(PIP) uv
	sed '/^[^#]/,$$d' requirements-dev.txt >requirements-dev.new
	.venv-pins/bin/uv pip compile --quiet --universal --python-version 3.10 --group dev --no-header \
		--no-annotate --no-emit-index-url pyproject.toml >>requirements-dev.new
	mv requirements-dev.new requirements-dev.txt

wheel: .venv/.dev ## build the wheel into dist/
	.venv/bin/python -m pip --quiet --disable-pip-version-check wheel --no-deps --no-build-isolation \
		--wheel-dir dist .

clean: ## remove everything that make has set up or built
	rm -rf .venv .venv-* dist build .coverage .coverage.* htmlcov requirements-dev.new
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find bench diagnose fixtures tests tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# .venv is the newest Python found (or PYTHON), .venv-3.10 that version.
%/.made:
	@python='$(if $(filter .venv,$*),$(PYTHON),)'; \
	: "$${python:=$$(tools/find-python.sh $(filter 3.%,$(patsubst .venv-%,%,$*)))}"; \
	if [ -z "$$python" ]; then \
		echo "no Python >= 3.10 with venv was found: install one (on Debian python3 and" >&2; \
		echo "python3-venv), or name it: make PYTHON=/path/to/python3 ..." >&2; \
		exit 1; \
	fi; \
	echo "making $* with $$python" >&2; "$$python" -m venv '$*'
	@touch $@

# What a user installs: the package and the newest of what it needs.
%/.run: pyproject.toml | %/.made
	@echo "installing diagnose into $*" >&2
	@$*/bin/python $(PIP) --editable .
	@touch $@

# What a developer installs: all of it pinned.
%/.dev: pyproject.toml requirements-dev.txt | %/.made
	@echo "installing diagnose and what its tests need into $*" >&2
	@$*/bin/python $(PIP) --requirement requirements-dev.txt
	@$*/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $*/.run
