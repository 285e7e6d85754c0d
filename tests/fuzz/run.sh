#!/usr/bin/env bash
# Runs one fuzz target, or each in turn, for some seconds: tests/fuzz/run.sh [TARGET|all] [SECONDS]
#
# With the stable compiler and no more tools than that: coverage is LLVM's, the loop is libFuzzer's. What is found is
# kept as tests/fuzz/artifacts/TARGET/…; what reaches new code joins the work corpus under target/, not the seeds.
set -euo pipefail
cd "$(dirname "$0")"

wanted=${1:-all}
seconds=${2:-120}
host=$(rustc -vV | sed -n 's/^host: //p')
all=$(ls fuzz_targets | sed 's/\.rs$//')
[ "$wanted" = all ] || all=$wanted

flags='-Cpasses=sancov-module -Ccodegen-units=1'
for argument in level=4 inline-8bit-counters pc-table trace-compares; do
  flags+=" -Cllvm-args=-sanitizer-coverage-$argument"
done
RUSTFLAGS=$flags cargo build --locked --release --target "$host"

for target in $all; do
  mkdir -p "target/corpus/$target" "artifacts/$target"
  longest=4096
  [ "$target" = config_file ] && longest=16384
  printf '\n== %s, %s s\n' "$target" "$seconds"
  "target/$host/release/$target" "target/corpus/$target" "corpus/$target" -dict=http.dict -max_len="$longest" -timeout=10 \
    -rss_limit_mb=2048 -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="artifacts/$target/"
done
