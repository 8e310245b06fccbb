#!/usr/bin/env bash
# Probabilities of behavior over a million frames: kept, read into the timeline, made into bouts.
# usage: bash tests/bench.sh scores
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${VOLE_BENCH_DIR:-build/bench}/scores
mkdir -p "$dir"
build/bin/bench_scores "$dir/million.vole"
