# Every chore of the project, and what continuous integration runs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PROFILE ?= quick
TAG     ?= dev
HOST    := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
BINARIES := target/$(HOST)/$(PROFILE)
IMAGES  := target/images
# Static binaries in images that hold nothing else; getrandom must not look for a device that is not there.
STATIC  := -C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"
# How the sidecar's code is used, as `make profile` recorded it: the compiler keeps together what runs together.
USAGE   := $(CURDIR)/sidecar/usage.profdata
CLUSTER_TOOL := cargo run --quiet --package shipshape-cluster --

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: try
try: ## the quickstart on this machine, without a cluster: requests and their answers
	@cargo build --quiet --package shipshape-sidecar --package shipshape --package shipshape-example-app
	@target/debug/shipshape try

.PHONY: demo
demo: ## all of it for real: Kubernetes on this machine, the operator, pods, the same requests (Linux, root, Go)
	@examples/demo.sh

.PHONY: down
down: ## stop and remove what `make demo` started
	@$(CLUSTER_TOOL) down --name demo

.PHONY: test
test: ## every test; those in pods need Linux, root and Go, and are named where they are left out
	@tests/run.sh

.PHONY: check
check: style docs test ## what must hold before a change is merged
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --all-features check bans licenses sources; \
	else echo 'left out: cargo-deny is not installed (cargo install --locked cargo-deny)'; fi

.PHONY: style
style: ## formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

.PHONY: docs
docs: ## the code's own documentation, warnings denied
	RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps --locked --quiet

.PHONY: generated
generated: ## write everything that is generated: definitions, golden files, tables in the docs
	UPDATE=1 cargo test --quiet --package shipshape-tests --test manifests
	UPDATE=1 cargo test --quiet --package shipshape-operator --test golden
	UPDATE=1 cargo test --quiet --package shipshape-sidecar --lib docs
	UPDATE=1 cargo test --quiet --package shipshape

PACKAGES ?= shipshape-sidecar shipshape-operator shipshape-example-app
.PHONY: binaries
binaries: ## static binaries for images, each built alone so that none gets another's features
	@for package in $(PACKAGES); do \
		flags='$(STATIC)'; \
		if [ $$package = shipshape-sidecar ]; then flags="$$flags -C profile-use=$(USAGE)"; fi; \
		RUSTFLAGS="$$flags" cargo build --quiet --locked --profile $(PROFILE) --target $(HOST) --package $$package; \
	done

.PHONY: profile
profile: ## record how the sidecar's code is used under load (10 min; needs `rustup component add llvm-tools`)
	@rm -rf target/usage && mkdir -p target/usage
	RUSTFLAGS='$(STATIC) -C profile-generate=$(CURDIR)/target/usage' \
		cargo build --locked --release --target $(HOST) --target-dir target/usage/build --package shipshape-sidecar
	LLVM_PROFILE_FILE=$(CURDIR)/target/usage/%p.profraw cargo run --quiet --profile quick --package shipshape-bench -- \
		--quick --requests-only --proxy shipshape \
		--sidecar target/usage/build/$(HOST)/release/shipshape-sidecar
	"$$(rustc --print target-libdir)/../bin/llvm-profdata" merge --sparse --output $(USAGE) target/usage/*.profraw

.PHONY: images
images: binaries archives ## OCI archives in target/images, without Docker (PROFILE=release for the small ones)

.PHONY: archives
archives:
	@mkdir -p $(IMAGES)
	@for name in shipshape-sidecar:$(TAG) shipshape-operator:$(TAG) example-app:dev; do \
		binary=shipshape-$${name#shipshape-}; binary=$${binary%:*}; \
		$(CLUSTER_TOOL) image --binary $(BINARIES)/$$binary --name shipshape.dev/$$name --out $(IMAGES)/$$binary.tar; \
	done

.PHONY: bench
bench: ## what the sidecar costs: CPU per request, start, memory
	cargo run --quiet --profile $(PROFILE) --package shipshape-bench

.PHONY: install
install: ## install `shipshape`, also as `kubectl-shipshape`, into cargo's folder
	cargo install --locked --path cli
	ln -sf shipshape "$${CARGO_HOME:-$$HOME/.cargo}/bin/kubectl-shipshape"
