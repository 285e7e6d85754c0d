#!/usr/bin/env bash
# `make test`: every test. Some need Go (a real API server), some also Linux and root (real pods); where those are
# missing, what is left out is named, and under CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/steps.sh

has_go() { command -v go >/dev/null; }
has_pods() { has_go && [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ]; }
has_suites() { has_go && python3 -c 'import venv, ensurepip' 2>/dev/null; }
say() { printf '\n── %s\n' "$1"; }
# What is left out is named, and under CI it is a failure.
left_out() {
  say "left out: $1"
  [ "${CI:-}" != true ] || exit 1
}

if has_pods; then
  cluster_tool requirements --install
  # Where there is no Python with venv, a machine of continuous integration gets one.
  has_suites || [ "${CI:-}" != true ] || { apt-get update -qq && apt-get install -qq -y python3 python3-venv; }
fi
if has_go; then
  say 'Kubernetes (built once)'
  cluster_tool build
fi

say 'code; sidecar and command line on loopback; operator on a real API server'
cargo test --workspace --locked --exclude shipshape-tests
say 'the house, manifests, fuzzed inputs once more, the walk through the shop'
cargo test --locked --package shipshape-tests --test house --test manifests --test fuzz --test shop
say 'HTTP/1 as bytes, judged by what reaches the app'
cargo test --locked --package shipshape-tests --test http1
if has_suites; then
  say 'public suites: h2spec, Autobahn, sslyze; gRPC, WebSocket and streams'
  cargo test --locked --package shipshape-tests --test suites
else
  left_out 'the public suites (tests/conformance/suites), which need Go and Python 3 with venv'
fi

if has_pods; then
  say 'images'
  make --no-print-directory images
  say 'floods, slow clients, malformed inputs, the end under load: against the optimised sidecar'
  cargo test --locked --package shipshape-tests --test adversarial
  say 'promises on a real cluster'
  cargo test --locked --package shipshape-tests --test cluster
else
  left_out 'floods (tests/adversarial) and promises on a real cluster (tests/promises), which need Linux, root and Go'
fi
