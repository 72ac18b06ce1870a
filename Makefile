# Two commands are enough: `make run` and `make test`. Both do all set-up.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ARGS ?=
ifdef BUG
DEMO := --demo-bug
else
DEMO := --demo
endif
RACE = $(shell .ci/setup has-race && echo -race)# where there is a C compiler

.PHONY: help run build test race alloc soak lint generate golden shots bench check setup

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## serve the page on http://localhost:8089 with the demo target; BUG=1 gives that its bug
	@bin/gregaria $(DEMO) --users 20 --spawn-rate 20 $(ARGS) cities || case $$? in 1|98) ;; *) exit 1;; esac # 1: requests failed, which is what a load test finds out; 98: this machine is busy

build: ## build bin/gregaria
	go build -trimpath -o bin/gregaria ./cmd/gregaria

test: race alloc ## all tests, in real Chromium too, under the race detector

race: setup ## all tests under the race detector
	go test $(RACE) -p 3 -timeout 14m ./... # three packages at once, for many of them mostly wait

alloc: ## the tests that count allocations, which the race detector would distort
	CGO_ENABLED=0 go test -run Alloc ./engine/load ./engine/stats ./engine/wire # without C, as tests build programs, so that it is built once

soak: setup ## six hours of frames in a browser, as fast as it takes them
	SOAK_FRAMES=21600 go test -count=1 -timeout 2h -v -run TestSixHours ./cmd/gregaria

lint: ## formatting, vet, staticcheck, and whether generated code is fresh
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); \
	  if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet $(RACE) ./... # of what the tests have built already, and so is what staticcheck reads
	GOFLAGS="$$(go env GOFLAGS) $(RACE)" $$(CGO_ENABLED=0 go tool -n staticcheck) ./...
	@before=$$(cat web/*_templ.go | sha256sum); CGO_ENABLED=0 go tool templ generate -path web >/dev/null; \
	  if [ "$$before" != "$$(cat web/*_templ.go | sha256sum)" ]; then \
	    echo "generated code was stale: commit what \`make generate\` made"; exit 1; fi
	go mod tidy -diff
	go mod verify

generate: ## generate the Go code of the templates
	go tool templ generate -path web

golden: generate ## rewrite the golden files after a change that is meant
	go test ./web ./engine/report ./cmd/cli -update

shots: setup ## take README's pictures anew, of the demo with its bug
	go test ./cmd/gregaria -run TestShots -count=1 -shots "$(CURDIR)/.github"

bench: build ## measure CPU per request beside other tools, pinned to cores
	go run ./cmd/bench $(ARGS)

check: test lint ## everything that must pass before a change lands

setup: ## install what the tests need: Chromium, and a C compiler for the race detector
	@.ci/setup
