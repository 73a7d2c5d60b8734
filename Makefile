# Everything that people and CI do with passtlab. `make` alone lists it.

GO       ?= go
OUT      ?= out
# How many Ginkgo processes: specs wait more than they compute.
PROCS    ?= 8
# Narrow e2e: ID=passt-slaac-then-dhcpv6 SELECTOR=talos-v1
ID       ?=
SELECTOR ?=
# Further flags for go test and for the benchmark.
TESTFLAGS  ?=
BENCHFLAGS ?=

PASSTLAB = $(CURDIR)/bin/passtlab
SUITES   = bin/conformance.test bin/prove.test

.PHONY: help build test e2e e2e-build e2e-run lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: ## build bin/passtlab
	@mkdir -p bin
	$(GO) build -trimpath -o bin/passtlab ./cmd/passtlab

# Test binaries are built here and run in namespaces: as root as they are,
# otherwise each in a user namespace, which has no network to build with.
test: build ## run every test, with the race detector where there is a C compiler
	@race=; \
	if [ "$$($(GO) env CGO_ENABLED)" = 1 ]; then race=-race; \
	else echo "make test: no C compiler: without the race detector"; fi; \
	set -x; $(GO) test $$race -count=1 -exec '"$(PASSTLAB)" rootless --' $(TESTFLAGS) ./...

e2e: e2e-build e2e-run ## judge every selector in every scenario; narrow with ID=… SELECTOR=…

e2e-build: build
	$(GO) build -trimpath -o bin/ginkgo github.com/onsi/ginkgo/v2/ginkgo
	$(GO) test -c -trimpath -o bin/ ./suites/conformance ./suites/prove

# Runs what e2e-build has built, and needs neither Go nor a network.
e2e-run:
	@mkdir -p '$(OUT)'
	PASSTLAB_ID='$(ID)' PASSTLAB_SELECTOR='$(SELECTOR)' PASSTLAB_OUT='$(abspath $(OUT))' \
		bin/passtlab rootless -- bin/ginkgo --procs=$(PROCS) --keep-going --succinct=false $(SUITES)

lint: ## gofmt, go vet, staticcheck, and shellcheck where it is installed
	@bad=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); \
	if [ -n "$$bad" ]; then echo "not formatted, run gofmt -w:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@if command -v shellcheck >/dev/null; then set -x; shellcheck scripts/*.sh .ci/run; fi

bench: build ## measure passtlab beside the same done by hand; needs root
	scripts/install-packages.sh iproute2 passt isc-dhcp-client socat
	$(GO) run ./scripts/bench $(BENCHFLAGS)

clean: ## remove what was built and written
	rm -rf bin out
