# Needs Go and git, and nothing else: tools are built from the modules in
# hack/tools into bin/. With a C compiler, tests run with the race detector.

BIN     := bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
CHART   := charts/access-notifier
LDFLAGS := -s -w -X github.com/accessnotifier/accessnotifier/internal/cli.version=$(VERSION)
# Without its page of traces, gRPC needs no templates; they make the linker keep all methods.
TAGS    := grpcnotrace
IMAGE   ?= ghcr.io/accessnotifier/access-notifier:$(VERSION:v%=%)
BASE    ?=

CONTROLLER_GEN := $(BIN)/controller-gen
COSIGN         := $(BIN)/cosign
CRD_REF_DOCS   := $(BIN)/crd-ref-docs
GOLANGCI_LINT  := $(BIN)/golangci-lint
GOVULNCHECK    := $(BIN)/govulncheck
HELM           := $(BIN)/helm
HELM_DOCS      := $(BIN)/helm-docs
KUBE_ROUTER    := $(BIN)/kube-router
KUSTOMIZE      := $(BIN)/kustomize
PROMTOOL       := $(BIN)/promtool
SETUP_ENVTEST  := $(BIN)/setup-envtest
MATTERMOST     := $(BIN)/mattermost/mattermost

RACE := $(shell command -v "$$(go env CC)" >/dev/null && echo -race)

# Finds the licences of what is linked, and refuses what may not be.
LICENSES = GOWORK=off go run -C hack/licenses . -tags $(TAGS)

# Runs a command with the API server and etcd that tests start for themselves.
with_control_plane = assets="$$(hack/control-plane.sh)" && KUBEBUILDER_ASSETS="$$assets"

.DEFAULT_GOAL := help

##@ Development

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/access-notifier.
	CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o $(BIN)/access-notifier .

.PHONY: generate
generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) $(HELM_DOCS) ## Generate deep copies, the CRD, the manager's role, what the chart has of them, and the references.
	$(CONTROLLER_GEN) object paths=./api/...
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=access-notifier-manager paths=./controllers/... output:rbac:dir=config/rbac
	cp config/crd/bases/accessnotifier.dev_accessnotifiers.yaml $(CHART)/files/crd.yaml
	cp config/rbac/*role.yaml config/admission-policy/admission_policy.yaml config/prometheus/alerts.yaml config/grafana/dashboard.json $(CHART)/files
	go run ./hack/chart $(CHART)
	$(HELM_DOCS) -l warning -c $(CHART) -s file
	$(CRD_REF_DOCS) --log-level=WARN --source-path=api/v1alpha1 --config=hack/api/config.yaml \
		--renderer=markdown --templates-dir=hack/api/templates --output-path=docs/api.md
	go run ./hack/manuals -markdown docs/cli.md
	$(LICENSES) -table '$(CURDIR)/docs/licenses.md'

.PHONY: build-installer
build-installer: $(KUSTOMIZE) ## Write dist/install.yaml: all that kubectl apply needs.
	@mkdir -p dist
	$(KUSTOMIZE) build config/default >dist/install.yaml

.PHONY: image
image: ## Build dist/image.tar for amd64 and arm64 without a container engine, with its licences, SBOM and provenance (BASE=IMAGE, PUSH=1).
	for arch in amd64 arm64; do \
		GOOS=linux GOARCH=$$arch CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' \
			-o dist/linux_$$arch/access-notifier . || exit; \
	done
	$(LICENSES) -output '$(CURDIR)/dist/licenses'
	GOWORK=off go run -C hack/image . -binaries '$(CURDIR)/dist' -licenses '$(CURDIR)/dist/licenses/operator' -name '$(IMAGE)' -base '$(BASE)' \
		-version '$(VERSION)' -revision "$$(git rev-parse HEAD 2>/dev/null)" $(if $(BUILDER),-builder '$(BUILDER)' -invocation '$(INVOCATION)') $(if $(PUSH),-push)

.PHONY: archives
archives: ## Write dist/access-notifier-host_*.tar.gz: program without Kubernetes, manual, completion, unit, install script, licences.
	rm -rf dist/host && mkdir -p dist/host && cp config/host/* dist/host
	go run -tags host ./hack/manuals dist/host
	$(LICENSES) -output '$(CURDIR)/dist/licenses' && mkdir dist/host/licenses && \
		cp dist/licenses/host/LICENSE dist/licenses/host/NOTICES.txt dist/host/licenses
	for arch in amd64 arm64; do \
		GOOS=linux GOARCH=$$arch CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags host,$(TAGS) -ldflags '$(LDFLAGS)' \
			-o dist/host_linux_$$arch/access-notifier . && \
		tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$${SOURCE_DATE_EPOCH:-0}" \
			-czf dist/access-notifier-host_linux_$$arch.tar.gz \
			-C '$(CURDIR)/dist/host_linux_'$$arch access-notifier -C '$(CURDIR)/dist/host' . || exit; \
	done

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code and sort its imports.
	$(GOLANGCI_LINT) fmt

.PHONY: clean
clean: ## Remove what was built; downloads and the control plane in bin/k8s stay.
	rm -rf $(BIN)/access-notifier $(BIN)/node $(TOOLS) dist

##@ Checks

.PHONY: reviewable
reviewable: generate fmt ## Do what a change needs before review: generate, format, and all that a pull request must pass.
	.ci/run

.PHONY: test
test: $(HELM) ## Run all tests with the race detector, but those of the chart and of the alerts.
	$(with_control_plane) HELM='$(CURDIR)/$(HELM)' go test $(RACE) $$(go list ./... | grep -vE '/test/(helm|observability/rules)$$')

.PHONY: alerts-test
alerts-test: $(PROMTOOL) ## Have Prometheus read the alerts and the dashboard, and try when alerts fire.
	PROMTOOL='$(CURDIR)/$(PROMTOOL)' go test $(RACE) -count=1 ./test/observability/rules

.PHONY: argocd-test
argocd-test: ## Run the Lua that Argo CD is given as Argo CD does.
	GOWORK=off go test -C test/argocd $(RACE) -count=1 .

.PHONY: values-test
values-test: ## Render the chart with values that mean something in YAML and in templates.
	GOWORK=off go test -C test/chart -count=1 .

.PHONY: image-test
image-test: ## Test what makes the image, and which licences may be linked.
	GOWORK=off go test -C hack/image $(RACE) ./...
	GOWORK=off go test -C hack/licenses ./...

.PHONY: release-test
release-test: $(HELM) $(KUSTOMIZE) ## Run the steps of a release against a registry in memory, and take what they publish as a user does.
	GOWORK=off go test -C hack/release -count=1 -timeout 60m -v .

.PHONY: reproducible
reproducible: ## Build image and archives twice, in different places and surroundings, and compare them (COLD=1: with nothing compiled before).
	hack/reproducible.sh $(if $(COLD),-cold)

.PHONY: vulnerabilities
vulnerabilities: $(GOVULNCHECK) ## Look for known vulnerabilities in what is called.
	$(GOVULNCHECK) -tags $(TAGS) ./...
	$(GOVULNCHECK) -tags host,$(TAGS) .

.PHONY: helm-test
helm-test: alerts-test argocd-test image-test values-test $(HELM) $(KUSTOMIZE) ## Test the image, the alerts, and the chart and config/ on a real API server (UPDATE=1: write golden files anew).
	$(with_control_plane) HELM='$(CURDIR)/$(HELM)' KUSTOMIZE='$(CURDIR)/$(KUSTOMIZE)' \
		go test -race -count=1 ./test/helm $(if $(UPDATE),-update)

.PHONY: test-e2e
test-e2e: test-e2e-mail test-e2e-mattermost ## Run tests against real services: Postfix, and a Mattermost server with PostgreSQL.

.PHONY: test-e2e-mattermost
test-e2e-mattermost: $(MATTERMOST) ## Run those against a Mattermost server alone.
	postgresql="$$(test/e2e/postgresql.sh)" && \
		E2E_POSTGRESQL="$$postgresql" E2E_MATTERMOST='$(CURDIR)/$(patsubst %/,%,$(dir $(MATTERMOST)))' \
		go test -race -tags e2e -v -count=1 -timeout 10m ./test/e2e

.PHONY: test-e2e-mail
test-e2e-mail: ## Run those against Postfix alone, as root.
	postfix="$$(test/e2e/postfix.sh)" && \
		E2E_POSTFIX="$$postfix" go test -race -tags e2e -v -count=1 -timeout 10m ./test/e2e/postfix

.PHONY: test-teleport
test-teleport: ## Compare the simulated Teleport with the real one that E2E_TELEPORT_ADDR names, see test/teleport.
	go run ./test/teleport

.PHONY: browser-test
browser-test: ## Test the demo's page in Chromium with axe, at the widths of a phone, a tablet and a desk.
	test/browser/run.sh

.PHONY: pictures
pictures: ## Take the pictures in docs/images anew.
	test/browser/run.sh -run TestPictures -pictures '$(CURDIR)/docs/images'

.PHONY: test-node
test-node: $(HELM) ## Test chart and image in pods, on a node of its own (needs root) or on the cluster of E2E_KUBECONFIG.
	if [ -z '$(E2E_KUBECONFIG)' ] && [ "$$(id -u)" = 0 ]; then $(MAKE) image; fi
	IMAGE='$(IMAGE)' HELM='$(CURDIR)/$(HELM)' test/node/run.sh

.PHONY: soak
soak: $(HELM) image ## Let what happens to a cluster in an hour happen in MINUTES (10) under load, on a node of its own, as root (SEED=n, LOGS=DIR).
	IMAGE='$(IMAGE)' HELM='$(CURDIR)/$(HELM)' E2E_KUBECONFIG= test/node/run.sh soak -minutes $(or $(MINUTES),10) \
		$(if $(SEED),-seed $(SEED)) $(if $(LOGS),-logs '$(abspath $(LOGS))')

.PHONY: lint
lint: $(GOLANGCI_LINT) house ## Check the code, its words and its size, and that tests sleep only on a fake clock.
	$(GOLANGCI_LINT) run
	hack/check-sleeps.sh
	hack/check-words.sh

.PHONY: generate-check
generate-check: ## Fail if generated files are not up to date.
	hack/generate-check.sh

.PHONY: size
size: ## Say what each module costs in the programs, and fail if they are too large.
	go run ./hack/size -tags $(TAGS) -most 68
	go run ./hack/size -tags host,$(TAGS) -most 40

.PHONY: lines
lines: ## Count the lines of the product, of its tests, and of what supports them.
	hack/lines.sh

##@ Try it

.PHONY: demo
demo: ## Show the operator at work on this machine (ONCE=1: one round, then exit; LOCALE=de: in another language).
	@hack/demo.sh $(if $(filter 1 true yes,$(ONCE)),-once) $(if $(LOCALE),-locale $(LOCALE))

.PHONY: simulate
simulate: ## Let engines run in SEEDS made-up worlds, the first that of FIRST, or in that of SEED=n and print all that happens.
	go test -count=1 -v -timeout 0 -run '^TestSimulation$$' ./internal/notifier/simulation \
		-seeds $(or $(SEEDS),2000) -first $(or $(FIRST),1) $(if $(SEED),-seed $(SEED))

.PHONY: fuzz
fuzz: ## Look for inputs that break a fuzz test, for TIME (60s) in each (NAMES="FuzzA FuzzB": in those, JOBS=n: n at a time, PARALLEL=n: with n workers each).
	JOBS='$(JOBS)' PARALLEL='$(PARALLEL)' hack/fuzz.sh '$(or $(TIME),60s)' $(NAMES)

.PHONY: house
house: ## Count what there is to hold in mind in each package of the engine.
	go run ./hack/house

.PHONY: simulate-mutations
simulate-mutations: ## Break the engine on purpose in many ways, and check that the simulation notices each.
	hack/mutations.sh

.PHONY: faults
faults: ## Break everything around the operator and check that it keeps its promises (BRIEF=1: not all on each messenger).
	$(with_control_plane) go run ./test/faults $(if $(BRIEF),-brief)

.PHONY: bench
bench: build ## Measure the operator under load.
	$(with_control_plane) go run ./test/bench -operator '$(CURDIR)/$(BIN)/access-notifier' -plots docs/images

.PHONY: bench-first-demo
bench-first-demo: ## Measure what the first demo takes in a new clone: it compiles Kubernetes, 20 minutes and more.
	$(with_control_plane) go run ./test/bench -run first_demo

# Tools are built for this machine, whatever make build is told to build for,
# and moved into place, so that two makes at once do no harm. What promtool finds
# targets by is left out.
$(PROMTOOL): TOOL_TAGS := remove_all_sd
TOOLS := $(CONTROLLER_GEN) $(COSIGN) $(CRD_REF_DOCS) $(GOLANGCI_LINT) $(GOVULNCHECK) $(HELM) $(HELM_DOCS) $(KUBE_ROUTER) $(KUSTOMIZE) $(PROMTOOL) $(SETUP_ENVTEST)
$(TOOLS): $(BIN)/%: hack/tools/%/go.mod hack/tools/%/go.sum
	@mkdir -p $(BIN)
	GOOS= GOARCH= GOWORK=off CGO_ENABLED=0 go build -C hack/tools/$* -buildvcs=false -trimpath \
		-tags '$(TOOL_TAGS)' -ldflags '-s -w' -o '$(CURDIR)/$@.'$$$$ tool && mv '$@.'$$$$ '$@'

# A Mattermost server for test-e2e, beside the folders that it reads. Building it
# takes a few minutes. Its dependencies need a linker that is less strict.
MATTERMOST_MODULE := test/e2e/mattermost-server
$(MATTERMOST): $(MATTERMOST_MODULE)/go.mod $(MATTERMOST_MODULE)/go.sum
	@mkdir -p $(@D)
	GOOS= GOARCH= GOWORK=off CGO_ENABLED=0 go build -C $(MATTERMOST_MODULE) -buildvcs=false -trimpath \
		-ldflags '-s -w -checklinkname=0' -o '$(CURDIR)/$@.'$$$$ tool && \
	source="$$(GOWORK=off go list -C $(MATTERMOST_MODULE) -m -f '{{.Dir}}' github.com/mattermost/mattermost-server/v6)" && \
	for folder in fonts i18n templates; do \
		rm -rf "$(@D)/$$folder" && cp -R "$$source/$$folder" $(@D) && chmod -R u+w "$(@D)/$$folder" || exit; \
	done && mv '$@.'$$$$ '$@'
