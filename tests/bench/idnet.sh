#!/usr/bin/env bash
# Look-alike animals: who is who from one crop and from a window of crops, and what IdNet's opinion
# does to the tracks of networks that are short of training.
# usage: bash tests/bench.sh idnet      $VOLE_BENCH_SCENE_FRAMES: length of the video (default 900)
set -euo pipefail
cd "$(dirname "$0")/../.."
vole=${VOLE:-build/bin/vole} frames=${VOLE_BENCH_SCENE_FRAMES:-900}
dir=${VOLE_BENCH_DIR:-build/bench}/idnet
project=$dir/p.vole
mkdir -p "$dir"
rm -rf "$dir/scene" "$project"*
"$vole" synth "$dir/scene" --scene look-alikes --seed 3 --frames "$frames" --quiet >/dev/null
"$vole" new "$project" --quiet >/dev/null
"$vole" add-video "$project" "$dir/scene/video.mp4" --quiet >/dev/null
"$vole" import "$project" --format coco "$dir/scene/labels.json" --quiet >/dev/null
"$vole" train "$project" --model idnet --minutes "${VOLE_BENCH_IDNET_MINUTES:-1}" --out "$dir/idnet" \
  --json --quiet | jq -r '"idnet: \(.labels) labeled frames, \(.steps) steps, \(.seconds | round) s"'
build/bin/bench_idnet "$dir/idnet.safetensors" look-alikes 3 0 "$frames" "$dir/scene/labels.json"
printf '%-34s %10s %10s %10s %10s\n' 'tracks, unlabeled frames' IDSW IDF1 identity MOTA
for steps in ${VOLE_BENCH_STEPS:-60 150}; do
  "$vole" train "$project" --steps "$steps" --out "$dir/idseg-$steps" --json --quiet >/dev/null
  for way in none "$dir/idnet.safetensors"; do
    "$vole" predict "$project" --model "$dir/idseg-$steps.safetensors" --identity "$way" \
      --no-use-labels --json --quiet >/dev/null
    figures=$("$vole" evaluate "$project" --truth "$dir/scene/instances.json" --only-unlabeled \
      --json --quiet)
    read -r idsw idf1 identity mota <<<"$(jq -r \
      '"\(.idsw) \(.idf1) \(.identity_accuracy) \(.mota)"' <<<"$figures")"
    LC_ALL=C printf '%-34s %10d %10.4f %10.4f %10.4f\n' \
      "idseg $steps steps, $([ "$way" = none ] && echo without || echo with) idnet" \
      "$idsw" "$idf1" "$identity" "$mota"
  done
done
