#!/usr/bin/env bash
# `make test`: every test. Some need Go (a real API server), some also Linux and root (real pods); where those are
# missing, what is left out is named, and under CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/steps.sh

has_go() { command -v go >/dev/null; }
has_pods() { has_go && [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ]; }
say() { printf '\n── %s\n' "$1"; }

if has_pods; then
  cluster_tool requirements --install
fi
if has_go; then
  say 'Kubernetes (built once)'
  cluster_tool build
fi

say 'code; sidecar and command line on loopback; operator on a real API server'
cargo test --workspace --locked --exclude shipshape-tests
say 'the house, manifests, the walk through the shop'
cargo test --locked --package shipshape-tests --test house --test manifests --test fuzz --test shop

if [ "$(uname -s)" = Linux ]; then
  say 'floods, slow clients, malformed inputs, the end under load'
  cargo test --locked --package shipshape-tests --test adversarial
else
  say 'left out, because it needs Linux: floods and slow clients (tests/adversarial)'
fi

if has_pods; then
  say 'images'
  make --no-print-directory images
  say 'promises on a real cluster'
  cargo test --locked --package shipshape-tests --test cluster
elif [ "${CI:-}" = true ]; then
  echo 'left out: promises on a real cluster. They need Linux, root and Go; under CI that is a failure.'
  exit 1
else
  say 'left out, because it needs Linux, root and Go: promises on a real cluster (tests/promises)'
fi
