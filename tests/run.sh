#!/usr/bin/env bash
# `make test`: every test. Those in pods need Linux, root and Go; elsewhere they are named and left out, except under CI.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/steps.sh

in_pods() { [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && command -v go >/dev/null; }

say() { printf '\n── %s\n' "$1"; }

say 'code, sidecar and operator on loopback'
cargo test --workspace --locked --exclude shipshape-tests --exclude shipshape-cluster
say 'the house, examples, generated files'
cargo test --locked --package shipshape-tests --test house --test manifests
if in_pods; then
  cluster_tool requirements --install
  say 'the cluster tool'
  cluster_tool build
  cargo test --locked --package shipshape-cluster
  say 'images'
  make --no-print-directory images
  say 'promises on a real cluster'
  cargo test --locked --package shipshape-tests --test cluster
elif [ "${CI:-}" = true ]; then
  echo 'left out: everything that runs in pods. It needs Linux, root and Go; under CI that is a failure.'
  exit 1
else
  say 'left out, because it needs Linux, root and Go: the cluster tool, promises on a real cluster'
fi
