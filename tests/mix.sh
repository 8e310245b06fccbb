#!/usr/bin/env bash
# Several processes do to one project whatever comes to mind, trainings and predictions too, and some
# are killed; each minute with another seed. tests/run.sh includes a part without the networks.
# usage: bash tests/mix.sh MINUTES [FIRST_SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
[ $# -gt 0 ] || { echo "usage: bash tests/mix.sh MINUTES [FIRST_SEED]" >&2; exit 2; }
vole_install "${vole_build_packages[@]}" "${vole_test_packages[@]}"
vole_configure . build
ninja -C build verb_mix >build/mix.log || { tail -40 build/mix.log >&2; exit 1; }
first=${2:-$RANDOM}
for ((seed = first; seed < first + $1; ++seed)); do
  build/bin/verb_mix "$PWD/build/bin" "$PWD" 60 "$seed" --networks
done
