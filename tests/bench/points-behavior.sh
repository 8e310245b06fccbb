#!/usr/bin/env bash
# What key points are good for in behavior: two courting flies, whose bouts a rule on body parts
# defines. Outlines and points are learned from the 100 training frames and predicted on all; frames
# 0 to 974 teach behavior, 1000 to 1499 test it, with and without points on one frame network.
# usage: bash tests/bench.sh points-behavior
#   $VOLE_BENCH_MINUTES bounds each training (default 5). $VOLE_BENCH_FOLDS tests on so many parts of
#   frames 0 to 974 instead, for choosing options.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${VOLE_SHARED_DATA:-../shared/data}/flies_courtship
work=${VOLE_BENCH_DIR:-build/bench}/points-behavior
minutes=${VOLE_BENCH_MINUTES:-5}
vole=${VOLE:-build/bin/vole}
if [ ! -e "$data/keypoints.json" ]; then
  echo "bench: $data/keypoints.json is not there; say where the videos are with VOLE_SHARED_DATA=DIR" >&2
  exit 1
fi
mkdir -p "$work"
project=$work/flies.vole
if [ ! -e "$work/points.done" ]; then
  rm -f "$project" "$project"-wal "$project"-shm
  "$vole" new "$project" --quiet >/dev/null
  "$vole" add-video "$project" "$data/video.mp4" --quiet >/dev/null
  for labels in instances keypoints; do
    "$vole" import "$project" --format coco "$data/$labels.json" --quiet >/dev/null 2>&1
  done
  "$vole" import "$project" --format behaviors "$data/behaviors.csv" --video video --quiet >/dev/null
  outlines=${VOLE_BENCH_DIR:-build/bench}/real/flies_courtship.safetensors
  if [ ! -e "$outlines" ]; then
    outlines=$work/outlines.safetensors
    "$vole" train "$project" --minutes "$minutes" --out "$outlines" --quiet >/dev/null
  fi
  "$vole" predict "$project" --model "$outlines" --quiet >/dev/null
  "$vole" train "$project" --model points --minutes "$minutes" --out "$work/points.safetensors" --quiet >/dev/null
  "$vole" predict "$project" --model "$work/points.safetensors" --quiet >/dev/null
  touch "$work/points.done"
fi
"$vole" evaluate "$project" --metrics points --split val --json --quiet |
  jq -r '"points on the 38 frames of val: median \(.median_px * 100 | round / 100) px, within a tenth of the body \(.pck_body * 1000 | round / 10) %"'
test=(--test-frames 1000:1500)
[ -z "${VOLE_BENCH_FOLDS:-}" ] || test=(--frames 0:975 --folds "$VOLE_BENCH_FOLDS")
# Chasing happens in the test alone: nobody can learn it. The loss and the share that is held back
# were chosen on three folds of frames 0 to 974.
"$vole" ablate "$project" --behaviors resting,walking,wing_extension --exclusive "${test[@]}" \
  --gamma 0 --class-weights none --validation-share 0.2 --minutes "$minutes" --quiet
