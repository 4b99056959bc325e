# handshark: set-up, build, test, demonstration and measurements.
# On a fresh Debian or Ubuntu machine with Go, `make demo` and `make test` install
# what is missing (root or passwordless sudo) and need nothing else.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.release=$(VERSION)
FUZZTIME ?= 30s
PACKAGES_BUILD := gcc libc6-dev libpcap-dev
PACKAGES_TEST  := tshark tcpdump

.DEFAULT_GOAL := build
.PHONY: build static install demo test check lint generate drift bench live-bench memory profile accuracy fuzz deps deps-test clean

## build: bin/handshark, with libpcap if it is there or can be installed
build: deps
	@mkdir -p bin
	@if sh scripts/have-libpcap; then \
	  CGO_ENABLED=1 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/handshark ./cmd/handshark; \
	else \
	  echo "note: libpcap is not installed and cannot be installed here: building without live capture and BPF filters"; \
	  CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/handshark ./cmd/handshark; \
	fi

## static: bin/handshark-static, without cgo: reads files only
static:
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/handshark-static ./cmd/handshark

## install: handshark into GOBIN
install: build
	install -D bin/handshark "$$($(GO) env GOBIN | grep . || echo $$($(GO) env GOPATH)/bin)/handshark"

## demo: build and analyze the recorded captures
demo: build
	sh scripts/demo

## test: every test
test: deps deps-test
	sh scripts/test

## check: what continuous integration runs besides the tests
check: lint drift

lint: deps
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

## generate: rule pages, report schema and captures of the text cases
generate:
	$(GO) run ./internal/cmd/gendocs
	$(GO) run ./internal/cmd/genschema
	$(GO) run ./internal/cmd/gencases

drift:
	$(GO) run ./internal/cmd/gendocs -check
	$(GO) run ./internal/cmd/genschema -check
	$(GO) run ./internal/cmd/gencases -check

## bench: handshark beside tcpdump and tshark on generated captures (BENCHFLAGS="-scale 0.1 -tshark=false" for a short run)
bench: build deps-test
	$(GO) run ./internal/cmd/bench $(BENCHFLAGS)

## live-bench: handshark live beside tcpdump on replayed captures, and a soak (root; SOAK=10m)
live-bench: deps
	@command -v tcpreplay >/dev/null && command -v tcpdump >/dev/null || sh scripts/install tcpreplay tcpdump iproute2
	LIVE_BENCH=1 SOAK=$(SOAK) $(GO) test -count=1 -timeout 90m -run '^(TestLoad|TestSoak)$$' -v ./cmd/handshark

## profile: where time goes, for the compiler (cmd/handshark/default.pgo; a minute)
profile:
	$(GO) run -trimpath ./internal/cmd/profile

## memory: peak memory of captures that try to use it up, and bytes per open connection (minutes; MEMORYFLAGS="-scale 0.1")
memory: build
	$(GO) run ./internal/cmd/memory $(MEMORYFLAGS)

## accuracy: generated healthy handshakes, and each of them with one fault: the confusion table
accuracy:
	$(GO) run ./internal/cmd/accuracy

## fuzz: every fuzz target for FUZZTIME
fuzz: deps
	FUZZTIME=$(FUZZTIME) GO=$(GO) sh scripts/fuzz

deps:
	@sh scripts/have-libpcap || sh scripts/install $(PACKAGES_BUILD) || true

deps-test:
	@command -v tshark >/dev/null && command -v tcpdump >/dev/null || sh scripts/install $(PACKAGES_TEST) || echo "note: tests that compare with tshark are skipped"

clean:
	rm -rf bin bench/data
