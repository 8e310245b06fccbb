#!/usr/bin/env bash
# Fuzzes every reader of files of strangers with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, from the corpus in tests/fuzz/corpus. What breaks one is kept in
# build/fuzz/found/; put it, made smaller, into the corpus together with its mending.
# usage: bash tests/fuzz.sh MINUTES [TARGET...]     minutes of each target; e.g. bash tests/fuzz.sh 10 coco
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
[ $# -gt 0 ] || { echo "usage: bash tests/fuzz.sh MINUTES [TARGET...]" >&2; exit 2; }
minutes=$1
shift
vole_install "${vole_build_packages[@]}" clang libomp-dev
vole_configure . build/fuzz -DCMAKE_CXX_COMPILER=clang++ -DVOLE_FUZZ=ON -DVOLE_TESTS=OFF -DVOLE_WORKBENCH=OFF
ninja -C build/fuzz fuzz >build/fuzz/build.log || { tail -40 build/fuzz/build.log >&2; exit 1; }

# What libraries leak is theirs.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=($(ls tests/fuzz/corpus))
mkdir -p build/fuzz/found
failed=()
for target in "${targets[@]}"; do
  grown=build/fuzz/corpus/$target log=build/fuzz/$target.log
  mkdir -p "$grown"
  code=0
  build/fuzz/bin/fuzz_"$target" "$grown" tests/fuzz/corpus/"$target" -max_total_time=$((minutes * 60)) \
    -max_len=8192 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/found/"$target"- >"$log" 2>&1 || code=$?
  awk -v target="$target" -v code="$code" '/number_of_executed_units/ {units = $2} /slowest_unit_time_sec/ {slow = $2}
    /peak_rss_mb/ {rss = $2} END {printf "%-12s %9d inputs, slowest %d s, %d MB, %s\n", target, units, slow, rss,
    code == 0 ? "nothing found" : "FOUND SOMETHING"}' "$log"
  [ "$code" = 0 ] || { failed+=("$target"); grep -m 3 -E "^fuzz:|ERROR: |runtime error" "$log" >&2 || true; }
done
[ ${#failed[@]} = 0 ] || { echo "found in: ${failed[*]}; inputs in build/fuzz/found, logs in build/fuzz" >&2; exit 1; }
