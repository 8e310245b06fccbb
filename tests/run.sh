#!/usr/bin/env bash
# Installs what is missing, builds everything, runs every test.
# usage: bash tests/run.sh [CTEST OPTION...]     e.g. bash tests/run.sh -R coco
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh

started=$SECONDS
vole_install "${vole_build_packages[@]}" "${vole_test_packages[@]}"

echo "Building into build/ (a first build takes some minutes, later ones only what changed)"
vole_configure . build
ninja -C build
built=$SECONDS

# Tests that use every core themselves say so and run alone (see CMakeLists.txt).
if ctest --test-dir build -j "$(nproc)" --output-on-failure "$@"; then
  echo "All tests passed. Build $((built - started)) s, tests $((SECONDS - built)) s."
else
  code=$?
  echo "Some tests failed (listed above). Build $((built - started)) s, tests $((SECONDS - built)) s." >&2
  exit $code
fi

# Without options also what reads files of strangers and what threads share, with sanitizers.
[ $# -gt 0 ] && exit 0
tested=$SECONDS
bash tests/sanitize.sh --quick
echo "Sanitizers found nothing; $((SECONDS - tested)) s."
