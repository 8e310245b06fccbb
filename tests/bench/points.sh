#!/usr/bin/env bash
# Key points of single pictures, from nothing: five folds, each measured by a network that never saw
# it; root mean square error, median and mean in pixels, and the share within 5 pixels.
# usage: bash tests/bench.sh points
#   $VOLE_BENCH_POINTS_SECONDS bounds the training of a fold (default 300), $VOLE_BENCH_POINTS_FOLD
#   measures one fold alone, $VOLE_BENCH_POINTS_LABELS learns from so many pictures at most.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${VOLE_SHARED_DATA:-../shared/data}
for table in "$data/openfield_keypoints/labeled-data/m4s1/CollectedData_Pranav.csv"; do
  if [ ! -e "$table" ]; then
    echo "bench: $table is not there; say where the pictures are with VOLE_SHARED_DATA=DIR" >&2
    exit 1
  fi
  echo "openfield_keypoints: 93 pictures of one mouse, four points"
  build/bin/bench_points "$table" 5 "${VOLE_BENCH_POINTS_SECONDS:-300}" \
    "${VOLE_BENCH_POINTS_LABELS:-1000}" "${VOLE_BENCH_POINTS_FOLD:--1}" |
    jq --unbuffered -r '"\(if .fold == null then "all folds" else "fold \(.fold), \(.learned) learned, \(.steps) steps" end): RMSE \(.rmse_px * 100 | round / 100) px, median \(.median_px * 100 | round / 100), mean \(.mean_px * 100 | round / 100), within 5 px \(.pck5 * 1000 | round / 10) %"'
done
