# Weir. `make` alone lists the targets; `make demo` and `make test` set everything up on a machine that has Go.

.DEFAULT_GOAL := help

# How long `make fuzz` works on each fuzz target, and the shorter time that `make check` allows.
FUZZTIME ?= 1m
SMOKETIME ?= 5s

# Where the linter and the vulnerability scanner are pinned: a module of their own, so that the main one stays small.
TOOL := go tool -modfile=tools/go.mod

# Runs a command under a name, and prints how long it took.
STEP := @tools/step.sh

.PHONY: help
help: ## list the targets
	@echo 'usage: make <target>'
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: demo
demo: ## a supervised pipeline across processes, with a worker killed and reconnected on the way
	@go run ./examples/pipeline

.PHONY: test
test: ## everything that must hold: vet, tests (race detector, invariants, memory), a type check on every platform, interop with libzmq
	$(STEP) 'native peers' tools/native-peers.sh
	$(STEP) 'go vet' env CGO_ENABLED=0 go vet ./...
	$(STEP) 'go vet, benchmarks' env CGO_ENABLED=0 go -C benchmarks vet ./...
	$(STEP) 'tests, benchmarks' env CGO_ENABLED=0 go -C benchmarks test ./...
	$(STEP) 'benchmarks beside libzmq' tools/bench-peers.sh
	$(STEP) 'tests, race detector and invariants' tools/race-test.sh
	$(STEP) 'tests, memory' tools/memory-test.sh
	$(STEP) 'type check on every platform' env CGO_ENABLED=0 go run ./internal/crosscheck
	$(STEP) 'interop' tools/interop.sh
	$(STEP) 'conformance' tools/conformance.sh

.PHONY: check
check: ## what a change must pass before it is sent, without peers: format, lint, tests, cross builds, fuzz smoke, modules, known vulnerabilities
	$(STEP) 'gofmt' tools/format-check.sh
	$(STEP) 'go vet' env CGO_ENABLED=0 go vet ./...
	$(STEP) 'golangci-lint' tools/lint.sh
	$(STEP) 'tests, race detector and invariants' tools/race-test.sh
	$(STEP) 'tests, memory' tools/memory-test.sh
	$(STEP) 'cross builds' tools/cross-build.sh
	$(STEP) 'fuzz smoke' tools/fuzz.sh $(SMOKETIME)
	$(STEP) 'go mod tidy -diff' tools/tidy-check.sh
	$(STEP) 'govulncheck' tools/vulnerabilities.sh

.PHONY: bench
bench: ## Weir beside libzmq, two Go libraries, channels and the raw limit, in turns on this machine: in under 3 minutes
	@go -C benchmarks run . -short -runs 3 -seconds 0.3 -out results/short

.PHONY: bench-full
bench-full: ## all rows and peers, which takes about twenty minutes: a table, a CSV and charts in benchmarks/results
	@go -C benchmarks run . -runs 3 -seconds 0.3

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (default 1m)
	$(STEP) 'fuzz' tools/fuzz.sh $(FUZZTIME)

.PHONY: fmt
fmt: ## format the code as the linter wants it
	@$(TOOL) golangci-lint fmt ./...
