# Everything that people and CI do with passtlab. `make` alone lists it.

GO       ?= go
OUT      ?= out
# How many Ginkgo processes: specs wait more than they compute.
PROCS    ?= 8
# Narrow e2e: ID=passt-slaac-then-dhcpv6 SELECTOR=talos-v1. Another passt, in
# scenarios that do not name a release of their own: PASST=kubevirt:1.4
ID       ?=
SELECTOR ?=
PASST    ?=
# The orders that scenarios leave to chance, as a run printed it.
SEED     ?=
# Which versions of third-party selectors: newest or all.
ADAPTERS ?= newest
# Kernels for virtual machines, as scripts/fetch-kernels.sh takes them, and on
# which of them the whole corpus is run: all is every one.
KERNELS ?= 5.10 6.1 newest
CORPUS  ?= 6.1
# Real passts to compare with: pasta is the installed one, trixie is that of a suite of
# Debian, and all are those of four suites. PROGRAM=PATH is another one alone.
PROGRAMS ?= pasta trixie
PROGRAM  ?=
# Tests have limits of their own, which count a program's own time; this one only ends
# what hangs. A busy machine takes longer than go test's 10 minutes.
HANGS = -timeout 20m
# Further flags for go test and for the benchmark.
TESTFLAGS  ?=
BENCHFLAGS ?=

PASSTLAB = $(CURDIR)/bin/passtlab
# The race detector needs a C compiler.
RACE    := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)
COLOUR  := $(if $(MAKE_TERMOUT),,--no-color)

.PHONY: fuzz-passt packages clients-page kernels soak containers fidelity adapters ecosystem e2e-clients help build test test-packages test-corpus e2e e2e-build e2e-run lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

# Without cgo, and so static: it is the init of a virtual machine with --kernel.
build: ## build bin/passtlab
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/passtlab ./cmd/passtlab

# Test binaries are built here and run in namespaces: as root as they are,
# otherwise each in a user namespace, which has no network to build with.
# Without GORACE each process under the race detector ends a second later.
test: test-packages test-corpus ## run every test, with the race detector where there is a C compiler
test-packages test-corpus: export GORACE = atexit_sleep_ms=10

# These start thousands of processes or read megabytes, which the race detector
# makes two to five times as slow. They start no goroutine that others do not: labs,
# programs, and attacks as root (TestHostile) are tested under it, and make adapters
# does ./suites/adapters.
PLAIN      = ./suites/adapters ./suites/fidelity ./suites/report
PLAINTESTS = TestHostileToUser|TestNoticed
# The slowest begin first, so that none is left alone in the end.
SLOWEST    = ./cmd/passtlab ./suites/hostile
# Each has many labs at once, most of them the whole corpus. They come one by one, because
# labs of all tests share the machine's table of neighbours.
CORPORA    = ./sim ./sim/probe ./suites/field ./suites/proposal ./suites/replica ./suites/reproduce

# Everything but the corpus. Tests wait more than they compute. How many of a
# package are at it follows GOMAXPROCS; Ginkgo refuses -parallel. make lint vets.
test-packages: export PASSTLAB_BUILT = $(PASSTLAB)
test-packages: GOTEST = $(GO) test $(HANGS) -count=1 -p 4 -vet=off -exec 'env GOMAXPROCS=$(PROCS) "$(PASSTLAB)" rootless --' $(TESTFLAGS)
test-packages: build
	@$(if $(RACE),,echo "make test: no C compiler: without the race detector")
	@status=0; set -x; \
	$(GOTEST) $(RACE) -skip '^($(PLAINTESTS)|TestConformance)$$' $(SLOWEST) \
		$$($(GO) list ./... | grep -vxF "$$($(GO) list $(PLAIN) $(CORPORA))") || status=1; \
	$(GOTEST) $(RACE) -p 1 $(CORPORA) || status=1; \
	CGO_ENABLED=0 $(GOTEST) -skip '^TestHostile$$' ./suites/hostile $(PLAIN) || status=1; \
	exit $$status

test-corpus: build bin/ginkgo
	$(GO) test $(RACE) -c -o bin/race/ ./suites/conformance
	bin/passtlab rootless -- bin/ginkgo $(COLOUR) --procs=$(PROCS) --succinct bin/race/conformance.test

packages: ## install the programs that some tests run, and skip without
	scripts/install-packages.sh passt $(CLIENTS) $(CONTAINERS)

e2e: e2e-build e2e-run ## judge every selector in every scenario; narrow with ID=SCENARIO SELECTOR=NAME, PASST=RELEASE for another passt

bin/ginkgo: go.mod
	$(GO) build -trimpath -o bin/ginkgo github.com/onsi/ginkgo/v2/ginkgo

e2e-build: build bin/ginkgo
	$(GO) test -c -trimpath -o bin/ ./suites/conformance

# Runs what e2e-build has built, and needs neither Go nor a network. The
# summary comes last, whatever the suites have said.
e2e-run: export PASSTLAB_ID = $(ID)
e2e-run: export PASSTLAB_SELECTOR = $(SELECTOR)
e2e-run: export PASSTLAB_PASST = $(PASST)
e2e-run: export PASSTLAB_SEED = $(SEED)
e2e-run: export PASSTLAB_OUT = $(abspath $(OUT))
e2e-run:
	@mkdir -p '$(OUT)'; rm -f '$(OUT)/report.json' '$(OUT)/junit.xml'
	@[ -z "$$PASSTLAB_ID" ] || bin/passtlab list "$$PASSTLAB_ID" >/dev/null
	@[ -z "$$PASSTLAB_SELECTOR" ] || { \
		known=$$(bin/passtlab list | sed -n 's/^selectors: *//p'); \
		printf '%s\n' $$known | grep -qxFe "$$PASSTLAB_SELECTOR" || \
		{ echo "e2e: no built-in selector is called \"$$PASSTLAB_SELECTOR\"; there are $$known" >&2; exit 2; }; }
	@bin/passtlab rootless -- bin/ginkgo $(COLOUR) --procs=$(PROCS) --succinct bin/conformance.test; \
	status=$$?; echo; \
	if [ -f '$(OUT)/report.json' ]; then bin/passtlab report show '$(OUT)/report.json'; \
		echo "every scenario: bin/passtlab report show --all $(OUT)/report.json; for CI: $(OUT)/junit.xml"; fi; \
	exit $$status

CLIENTS = isc-dhcp-client systemd dhcpcd-base network-manager
e2e-clients: build ## judge selectors on guests that dhclient, systemd-networkd, dhcpcd and NetworkManager configure; writes docs/clients.md
	scripts/install-packages.sh $(CLIENTS)
	PASSTLAB_REQUIRE_CLIENTS=1 $(GO) test -count=1 -parallel=8 -exec '"$(PASSTLAB)" rootless --' -run Client $(TESTFLAGS) ./sim ./sim/guest ./suites/cleanup
	$(MAKE) clients-page

clients-page: build
	$(GO) run ./scripts/clients -own client label:core field-report-debian-12 reboot

CONTAINERS = podman crun golang-github-containers-common passt systemd
containers: ## run the lines of docs/containers.md with podman, and drop one capability at a time; needs root
	scripts/install-packages.sh $(CONTAINERS)
	PASSTLAB_REQUIRE_PODMAN=1 $(GO) test -count=1 -run 'Container|Chroot|Capabilit|IndexedJob' $(TESTFLAGS) ./cmd/passtlab

# A suite's passt is fetched into the cache; a release is there, and a path needs nothing.
SUITES = bookworm trixie trixie-backports sid
PASSTS = $(foreach p,$(or $(PROGRAM),$(patsubst all,$(SUITES),$(PROGRAMS))),$(if $(findstring /,$p),$(abspath $p),$p))
fidelity: build ## compare the simulated passt with real ones: truth tables, verdicts, frames; PROGRAM=PATH for your own, PROGRAMS=all writes docs/fidelity.md
	$(if $(filter pasta,$(PASSTS)),scripts/install-packages.sh passt)
	$(if $(filter-out pasta /% 20%,$(PASSTS)),scripts/fetch-passt.sh $(filter-out pasta /% 20%,$(PASSTS)))
	$(GO) test -c -trimpath -o bin/fidelity.test ./suites/fidelity
	cd suites/fidelity && PASSTLAB_REQUIRE_PASST=1 PASSTLAB_PROGRAMS='$(PASSTS)' '$(PASSTLAB)' rootless -- \
		'$(CURDIR)/bin/fidelity.test' $(if $(filter sid,$(PASSTS)),-page) $(patsubst -%,-test.%,$(TESTFLAGS))

# RELEASES are programs: Debian's suites, releases from scripts/fetch-passt.sh, or paths.
RELEASES ?= $(SUITES)
FRAMES   ?= 20000
fuzz-passt: build ## look for frames that the real passt answers otherwise than the simulated one; RELEASES=… FRAMES=20000 SEED=1
	$(if $(filter-out /% 20%,$(RELEASES)),scripts/fetch-passt.sh $(filter-out /% 20%,$(RELEASES)))
	$(GO) build -o bin/fuzzpasst ./scripts/fuzzpasst
	bin/passtlab rootless -- bin/fuzzpasst -frames $(FRAMES) $(if $(SEED),-seed $(SEED)) -out '$(OUT)/fuzz' $(RELEASES)

kernels: build ## run label:core on other kernels, in virtual machines, and the corpus on 6.1; KERNELS=all CORPUS=all for more
	scripts/install-packages.sh qemu-system-x86
	scripts/fetch-kernels.sh $(KERNELS)
	OUT='$(OUT)' CORPUS='$(CORPUS)' scripts/kernels.sh $(KERNELS)

lint: ## gofmt, go vet, staticcheck, and shellcheck where it is installed
	@bad=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); \
	if [ -n "$$bad" ]; then echo "not formatted, run gofmt -w:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@for dir in selector/adapters/*/; do (cd "$$dir" && \
		if [ -n "$$(gofmt -l .)" ]; then echo "not formatted, run gofmt -w $$dir"; exit 1; fi && \
		echo "$$dir: go vet" && CGO_ENABLED=0 $(GO) vet -trimpath . ) || exit 1; done
	@if command -v shellcheck >/dev/null; then set -x; shellcheck scripts/*.sh .ci/run; fi

# TestTalos plays the corpus with a thousand programs, which is slow under the race detector.
adapters: build ## build third-party selectors and test what they pick; every version listed with ADAPTERS=all
	bin/passtlab selectors build $(if $(filter all,$(ADAPTERS)),--all)
	PASSTLAB_ADAPTERS=$(ADAPTERS) $(GO) test $(HANGS) $(RACE) -count=1 -exec '"$(PASSTLAB)" rootless --' -skip '^TestTalos$$' $(TESTFLAGS) ./suites/adapters
	PASSTLAB_ADAPTERS=$(ADAPTERS) $(GO) test $(HANGS) -count=1 -exec '"$(PASSTLAB)" rootless --' -run '^TestTalos$$' $(TESTFLAGS) ./suites/adapters

ecosystem: build ## measure every listed version of third-party selectors; writes docs/ecosystem.md
	$(GO) run ./scripts/ecosystem passt lower-lease

bench: build ## measure passtlab beside the same done by hand; needs root
	scripts/install-packages.sh iproute2 passt isc-dhcp-client socat
	$(GO) run ./scripts/bench $(BENCHFLAGS)

# How long, and -all to ask programs in every scenario.
FOR       ?= 10m
SOAKFLAGS ?=
soak: build ## look for verdicts that depend on load; FOR=10m says for how long
	scripts/install-packages.sh bash jq
	$(GO) run ./scripts/soak -for $(FOR) $(SOAKFLAGS)

clean: ## remove what was built and written
	rm -rf bin out
