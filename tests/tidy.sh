#!/usr/bin/env bash
# Holds the tree against .clang-format and .clang-tidy. The format takes a second; the checks read every
# source with its headers, a room at a time: half an hour on two cores. Name folders to read only those.
# usage: bash tests/tidy.sh [--format-only] [FOLDER...]     e.g. bash tests/tidy.sh datasets app/cli
set -euo pipefail
cd "$(dirname "$0")/.."
source app/packages.sh
vole_install clang-format clang-tidy jq

mapfile -t sources < <(git ls-files '*.cc' '*.h')
clang-format --dry-run -Werror "${sources[@]}"
echo "clang-format: ${#sources[@]} files are in order"
[ "${1:-}" != --format-only ] || exit 0

# Sources that are compiled together are read together, which reads LibTorch and JSON once for twenty: of a
# folder every group that holds one of its sources.
vole_configure . build/tidy -DVOLE_TESTS=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(app annotate train infer datasets)
mapfile -t all < <(jq -r '.[].file' build/tidy/compile_commands.json | sort -u)
units=()
for folder in "${folders[@]%/}"; do
  mapfile -t own < <(
    printf '%s\n' "${all[@]}" | grep -E "^$PWD/$folder/" || true
    printf '%s\0' "${all[@]}" | grep -z /Unity/unity_ | xargs -0 -r grep -lF "#include \"$PWD/$folder/" || true)
  [ ${#own[@]} -gt 0 ] || { echo "no sources in: $folder" >&2; exit 2; }
  units+=("${own[@]}")
done
mapfile -t units < <(printf '%s\n' "${units[@]}" | sort -u)
# A group includes its sources, as nobody else may, and brings names of several together. GCC's names
# of warnings are not clang's.
printf '%s\0' "${units[@]}" |
  xargs -0 -P "${JOBS:-$(nproc)}" -n 1 clang-tidy -p build/tidy --quiet \
    --checks=-bugprone-suspicious-include,-bugprone-forward-declaration-namespace --extra-arg=-Wno-unknown-warning-option 2>/dev/null
echo "clang-tidy: ${folders[*]} in order (${#units[@]} groups of sources)"
