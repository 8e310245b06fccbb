#!/usr/bin/env bash
# Lets every verb that writes, and gestures of the window, meet a failing disk, a kill and a power cut
# at every call on their files; prints a table: calls, points tried, wrong ones. Hours on two cores;
# tests/run.sh includes a part.
# usage: bash tests/faults.sh [--step N] [--kinds kill,power] [--fast] [SCENARIO...]
#        --step 7: every seventh call; --fast: without the networks; e.g. bash tests/faults.sh 'import coco'
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
vole_install "${vole_build_packages[@]}" "${vole_test_packages[@]}"
vole_configure . build
ninja -C build fault_loop >build/faults.log || { tail -40 build/faults.log >&2; exit 1; }
exec build/bin/fault_loop "$PWD/build/bin" "$PWD/build/libfault_shim.so" "$PWD" "$@"
