# Everything a person types. `make help` lists the targets.

SWIFT ?= swift
PREFIX ?= /usr/local
RELEASE = .build/release/spikesort

.PHONY: help demo test exam calibrate bench bench-full fuzz fuzz-check torture lint format docs dist install clean dependencies

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

dependencies:
	@scripts/install-dependencies

demo: dependencies ## Simulate a tetrode recording, sort it, score it and write the report (demo/report.html).
	$(SWIFT) build -c release --product spikesort
	$(RELEASE) demo -o demo --overwrite

test: dependencies ## Run every test.
	scripts/test

exam: dependencies ## Sort and score simulated recordings (10 minutes) and those in $SPIKESORT_EXAM; writes docs/accuracy.md and .json.
	$(SWIFT) build -c release --product spikesort
	$(SWIFT) build -c release --product exam
	.build/release/exam --json docs/accuracy.json --page docs/accuracy.md $(if $(SPIKESORT_EXAM),--recordings $(SPIKESORT_EXAM))

calibrate: dependencies ## Fit the chances of the verdicts to the exam's units and those in $SPIKESORT_EXAM; writes docs/verdicts.md and chances.svg.
	$(SWIFT) build -c release --product spikesort
	$(SWIFT) build -c release --product exam
	.build/release/exam --chances docs/verdicts.md $(if $(SPIKESORT_EXAM),--recordings $(SPIKESORT_EXAM))

bench: dependencies ## Measure against the peers on this machine (minutes); writes Benchmarks/RESULTS.md.
	$(SWIFT) build -c release --product spikesort
	scripts/bench

bench-full: dependencies ## The same with the peers that take long.
	$(SWIFT) build -c release --product spikesort
	scripts/bench --full

fuzz: dependencies ## Fuzz every parser, and the commands on damaged results, for FUZZ_SECONDS (default 900) in all.
	scripts/fuzz

fuzz-check: dependencies ## Fuzz the same with FUZZ_RUNS inputs a parser (default 40,000) from one seed, nearly the same on every run.
	FUZZ_RUNS=$${FUZZ_RUNS:-40000} scripts/fuzz

torture: dependencies ## Kill every writing command, fill its disk, check that nothing is lost (TORTURE_KILLS, TORTURE_POINTS).
	$(SWIFT) build -c release --product spikesort
	scripts/torture

lint: ## Check the format of every source file.
	$(SWIFT) format lint --strict --recursive Sources Tests Examples/Sources Examples/Package.swift Benchmarks/Benchmarks Fuzzing/Sources Package.swift Benchmarks/Package.swift Fuzzing/Package.swift

format: ## Bring every source file into format.
	$(SWIFT) format --in-place --recursive Sources Tests Examples/Sources Examples/Package.swift Benchmarks/Benchmarks Fuzzing/Sources Package.swift Benchmarks/Package.swift Fuzzing/Package.swift

docs: dependencies ## Build the library's documentation, one site with its links checked (docs/site).
	scripts/build-docs

dist: dependencies ## Build one file with the Swift runtime, OpenBLAS and HDF5 inside (dist/spikesort); says what it still loads.
	scripts/install-dependencies --dist
	scripts/build-dist

install: dependencies ## Build and install below $(PREFIX): the program, its manual page, shell completions.
	$(SWIFT) build -c release --product spikesort
	scripts/install $(PREFIX)

clean: ## Remove everything that was built.
	rm -rf .build .build-dist Fuzzing/.build Fuzzing/Found dist demo docs/site docs/*.doccarchive Examples/.build
