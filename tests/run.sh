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

sanitizer="" memory=""
end() {
  [ -z "$sanitizer" ] || kill -- -"$sanitizer" 2>/dev/null || true
  [ -z "$memory" ] || rm -rf "$memory"
}
trap end EXIT

# What tests write they remove again: in memory, where there is enough, none of it waits for a disk.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "$(df --output=avail -m /dev/shm | tail -1)" -gt 6000 ] &&
  [ "$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)" -gt 12000 ]; then
  memory=$(mktemp -d /dev/shm/vole-tests.XXXXXX)
  chmod 1777 "$memory"  # as /tmp is: some tests are another user, who may not write
  # Tests install and run programs there, which some machines forbid.
  cp /bin/true "$memory/true" && "$memory/true" 2>/dev/null && export TMPDIR=$memory
fi

# Without options also what reads files of strangers and what threads share, with sanitizers: built
# and run in the time that the tests, which go first, leave over.
if [ $# -eq 0 ]; then
  set -m  # a group of its own, which can be ended as a whole
  nice -n 19 bash tests/sanitize.sh --quick >build/sanitize.log 2>&1 &
  sanitizer=$!
  set +m
fi

# Tests that use every core themselves say so and run alone (see CMakeLists.txt).
code=0
ctest --test-dir build -j "$(nproc)" --output-on-failure "$@" || code=$?
tested=$SECONDS
if [ $code -eq 0 ]; then
  echo "All tests passed. Build $((built - started)) s, tests $((tested - built)) s."
else
  echo "Some tests failed (listed above). Build $((built - started)) s, tests $((tested - built)) s." >&2
  exit $code
fi

[ -n "$sanitizer" ] || exit 0
wait "$sanitizer" || code=$?
sanitizer=""
cat build/sanitize.log
[ $code -eq 0 ] || { echo "A sanitizer found something, or its tests failed (above)." >&2; exit $code; }
echo "Sanitizers found nothing; $((SECONDS - tested)) s after the tests."
