#!/usr/bin/env bash
# Holds the tree against .clang-format and .clang-tidy. The format takes a second; the checks read every
# source with its headers, which takes an hour on two cores: name folders to read only those.
# usage: bash tests/tidy.sh [--format-only] [FOLDER...]
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
vole_install clang-format clang-tidy

mapfile -t sources < <(git ls-files '*.cc' '*.h')
clang-format --dry-run -Werror "${sources[@]}"
echo "clang-format: ${#sources[@]} files are in order"
[ "${1:-}" != --format-only ] || exit 0

vole_configure . build/tidy -DVOLE_GROUPED=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(app annotate train infer datasets)
mapfile -t sources < <(git ls-files "${folders[@]/%/\/*.cc}")
printf '%s\0' "${sources[@]}" |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet 2>/dev/null
echo "clang-tidy: ${#sources[@]} sources are in order"
