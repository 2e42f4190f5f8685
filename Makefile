# Every target does its own set-up. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# One thread per process: two threads on small nets are slower, and change results.
export OMP_NUM_THREADS := 1
# Whatever environment is active in the terminal, the course's own is used.
unexport VIRTUAL_ENV
# Hundreds of processes are started: they keep what they compile, whatever the terminal is set to.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)
COURSE ?= course
# What `make test` runs: all, or some (make test TESTS=tests/judge).
TESTS ?=
# A recipe that names MAKE itself would run even under `make -n`.
SUBMAKE := $(MAKE) --no-print-directory
# nproc obeys OMP_NUM_THREADS, which says nothing about how many submissions fit side by side.
WORKERS ?= $(shell env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 1)
# Tests wait for processes to start, for browsers and for deadlines: two more than cores keep them busy.
JOBS ?= $(shell expr $(WORKERS) + 2)

.PHONY: help setup setup-test setup-pdf demo test test-book lint book pdf release grade bench calibrate quality clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything (system packages by apt when root or sudo allows)
	@scripts/setup.sh demo

setup-test:
	@scripts/setup.sh test

demo: setup ## the main job: book, assignments, sample classes graded in bulk, feedback, reports
	@$(PY) scripts/demo.py --workers $(WORKERS)

test: setup-test ## lint, strict types, import rules and all tests but the next line's, on every core
	@mkdir -p _build; $(SUBMAKE) lint >_build/lint.log 2>&1 & lint=$$!; \
	$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not whole_book" $(TESTS); \
	tests=$$?; wait $$lint; lint=$$?; cat _build/lint.log; exit $$((tests || lint))

test-book: setup-test ## build the whole book and look at every page in Chromium
	@$(PY) book/build.py --no-kits
	@$(PY) -m pytest -n $(WORKERS) --dist load -m whole_book tests/book

lint: setup-test ## ruff, mypy --strict, the rooms' import rules
	@ruff check . && ruff format --check .
	@mypy
	@lint-imports

book: setup ## build the book to _build/html
	@$(PY) book/build.py

setup-pdf:
	@scripts/setup.sh pdf

pdf: setup-pdf ## the whole book as _build/cnn-case-studies.pdf (printed by Chromium)
	@$(PY) book/pdf.py

release: setup ## assignments and student kits into $(COURSE) (make release COURSE=dir)
	@autograder release --course $(COURSE)

grade: setup ## grade what lies in $(COURSE)/submitted
	@autograder grade --course $(COURSE) --workers $(WORKERS)

bench: setup ## this grader against stock nbgrader, in one run
	@$(PY) benchmarks/throughput.py

calibrate: setup ## how safe the bars of the training checks are, over 100 seeds
	@$(PY) -m benchmarks.calibrate

quality: setup ## how good the checks are, measured into docs/grading-quality.md (an hour if all changed)
	@$(PY) -m benchmarks.quality

clean: ## remove what was generated (not the environment, not course/)
	rm -rf _build book/_build book/_generated build dist demo benchmarks/out autograder/checks/*/frozen.npz
