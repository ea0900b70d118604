SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
# Without C the log keeps its buffers in memory that the garbage collector accounts for,
# and not in that of the C library, which comes on top and falls apart into arenas.
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

.DEFAULT_GOAL := help
.PHONY: help build demo test lint fuzz vuln bench deps

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: ## build bin/rapport
	$(GO_BUILD) -o bin/rapport ./cmd/rapport

demo: build ## serve a made-up company's eighteen months, and say what to look at
	bin/rapport demo

# SQLite is C translated to Go: it is single-threaded by connection, nothing of ours, and half of the time if the race
# detector watches it. Tests that start a ledger wait for disks and for each other more than they compute: hence -parallel.
test: deps ## run every test, with the race detector
	go vet ./...
	go test -race -gcflags='modernc.org/...=-race=false' -shuffle=on -parallel 4 -timeout 20m ./...

lint: ## check formatting, go.mod and vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go mod tidy -diff
	go vet ./...

FUZZTIME ?= 30s

fuzz: ## fuzz every decoder that faces outside, for FUZZTIME (30s) each
	@go list -f '{{$$p := .ImportPath}}{{range .TestGoFiles}}{{$$p}} {{end}}{{range .XTestGoFiles}}{{$$p}} {{end}}' ./... | tr ' ' '\n' | sort -u | while read -r pkg; do \
	  [ -n "$$pkg" ] || continue; \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s -parallel 1 $$pkg || exit 1; \
	  done; \
	done

GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
VULNDB ?= https://vuln.go.dev

vuln: ## verify every dependency against go.sum, and look for known vulnerabilities (VULNDB)
	go mod verify
	@GOBIN=$(CURDIR)/bin go install $(GOVULNCHECK) || { echo "No vulnerabilities were looked for: $(GOVULNCHECK) could not be fetched."; exit 1; }
	@bin/govulncheck -db $(VULNDB) ./... || { code=$$?; [ $$code -eq 3 ] || echo "No vulnerabilities were looked for: this needs $(VULNDB), or VULNDB set to a copy of it."; exit $$code; }

bench: build ## measure the log and the doors beside PostgreSQL and JetStream
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { [ $$(id -u) -ne 0 ] || apt-get install -y --no-install-recommends postgresql; }
	bin/rapport bench

# The race detector needs a C compiler.
deps:
	@command -v gcc >/dev/null || { [ $$(id -u) -eq 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev; } || { echo "install a C compiler: the race detector needs one"; exit 1; }
