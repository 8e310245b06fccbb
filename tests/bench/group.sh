#!/usr/bin/env bash
# A group that nobody named: 7 to 14 larvae of 100 pixels, one category, 20 outlined frames, at most
# three minutes of training, every frame measured against their known positions.
# usage: bash tests/bench.sh group      $VOLE_BENCH_GROUP_MINUTES bounds the training (default 3)
set -euo pipefail
cd "$(dirname "$0")/../.."
vole=${VOLE:-build/bin/vole} data=${VOLE_SHARED_DATA:-../shared/data}/fish_group
dir=${VOLE_BENCH_DIR:-build/bench}/group
if [ ! -d "$data" ]; then
  echo "bench: the video of the group is not in $data; say where with VOLE_SHARED_DATA=DIR" >&2
  exit 1
fi
project=$dir/larvae.vole
mkdir -p "$dir"
rm -f "$project"*
jq --argjson count 20 '
  (.images | sort_by(.frame_index)) as $all
  | [range(0; $count) | $all[((. + 0.5) * ($all | length) / $count) | floor]] as $kept
  | ($kept | map({key: (.id | tostring), value: true}) | from_entries) as $is_kept
  | .images = $kept
  | .annotations = [.annotations[] | select($is_kept[.image_id | tostring])]' \
  "$data/instances.json" >"$dir/twenty.json"
"$vole" new "$project" --quiet >/dev/null
"$vole" add-video "$project" "$data/video.mp4" --quiet >/dev/null
"$vole" import "$project" --format coco "$dir/twenty.json" --quiet >/dev/null
"$vole" train "$project" --minutes "${VOLE_BENCH_GROUP_MINUTES:-3}" --out "$dir/larvae" \
  --json --quiet >"$dir/train.json"
"$vole" predict "$project" --json --quiet >"$dir/predict.json"
"$vole" export "$project" --format coco --what predictions --out "$dir/found.json" --quiet >/dev/null
build/bin/bench_positions "$data/positions.csv" "$dir/found.json" >"$dir/figures.json"
echo "fish_group: 20 outlined frames, every frame measured against positions"
echo "(strict: outlines of animals that have no position where blobs run together count as wrong)"
printf '%-8s %6s %6s %7s %5s %7s %7s %6s %8s %7s %8s\n' reading frames tracks MOTA IDSW IDF1 missed \
  false train_s fps peak_MB
jq -r --slurpfile train "$dir/train.json" --slurpfile predict "$dir/predict.json" '
  . as $all | (["known", .], ["strict", .strict])
  | [.[0], $all.frames, $all.tracks, .[1].mota, .[1].idsw, .[1].idf1, .[1].missed, .[1].false,
     $train[0].seconds, $predict[0].fps, $predict[0].peak_rss_mb] | @tsv' "$dir/figures.json" |
  while IFS=$'\t' read -r reading frames tracks mota idsw idf1 missed false seconds fps rss; do
    LC_ALL=C printf '%-8s %6d %6d %7.4f %5d %7.4f %7d %6d %8.0f %7.1f %8.0f\n' "$reading" "$frames" \
      "$tracks" "$mota" "$idsw" "$idf1" "$missed" "$false" "$seconds" "$fps" "$rss"
  done
