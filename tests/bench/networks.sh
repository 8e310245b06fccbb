#!/usr/bin/env bash
# idseg and the networks of the literature on two real videos, each from nothing, with the defaults,
# in the same processor time. `bash tests/bench.sh networks` runs this.
# $VOLE_BENCH_MINUTES is the budget of each training in processor minutes (default 20: ten minutes on
# two cores), so that all rows take two to three hours: rows that are done are kept
# ($VOLE_BENCH_DIR/networks/*.json); `bash tests/bench/networks.sh --again` makes them anew.
# $VOLE_BENCH_VIDEOS and $VOLE_BENCH_NETWORKS choose some of the rows.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${VOLE_SHARED_DATA:-../shared/data}
dir=${VOLE_BENCH_DIR:-build/bench}/networks
minutes=${VOLE_BENCH_MINUTES:-20}
TIMEFORMAT='%U %S'
vole=${VOLE:-build/bin/vole}
again=
for word in "$@"; do
  [ "$word" = --again ] || { echo "bench networks: unknown '$word' (--again)" >&2; exit 2; }
  again=1
done
read -ra videos <<<"${VOLE_BENCH_VIDEOS:-flies_pair mice_homecage}"
read -ra networks <<<"${VOLE_BENCH_NETWORKS:-idseg maskrcnn yolact yolov3 yolov3-tiny}"
command -v jq >/dev/null || { echo "bench: jq is missing; run: bash tests/run.sh" >&2; exit 1; }
[ -x "$vole" ] || { echo "bench: $vole is missing; run: bash tests/run.sh" >&2; exit 1; }
[ -d "$data/flies_pair" ] || { echo "bench: the real videos are not in $data; say where with VOLE_SHARED_DATA=DIR" >&2; exit 1; }
mkdir -p "$dir"

# row VIDEO NETWORK FILE : trains, predicts, measures; FILE appears when all of it is done
row() {
  local video=$1 network=$2 file=$3 project=$dir/$1-$2.vole truth metrics=coco-segm
  local model=${project%.vole}.safetensors train cpu predict figures queue
  case $video in
    flies_pair) truth=(--truth "$data/$video/instances_every_frame.json" --only-unlabeled) ;;
    *) truth=(--truth "$data/$video/instances.json" --split val) ;;
  esac
  [[ $network != yolov3* ]] || metrics=coco-bbox  # it finds boxes only
  rm -f "$project" "$project"-wal "$project"-shm "$model" "$model.last"
  "$vole" new "$project" --quiet >/dev/null
  "$vole" add-video "$project" "$data/$video/video.mp4" --quiet >/dev/null
  "$vole" import "$project" --format coco "$data/$video/instances.json" --quiet >/dev/null
  { time "$vole" train "$project" --model "$network" --minutes "$minutes" --processor-time \
    --out "$model" --json --quiet >"$file.train"; } 2>"$file.cpu"
  train=$(cat "$file.train") cpu=$(tail -n 1 "$file.cpu" | jq -s add)
  predict=$("$vole" predict "$project" --model "$model" --json --quiet)
  figures=$("$vole" evaluate "$project" "${truth[@]}" --metrics $metrics --json --quiet)
  queue=$("$vole" review "$project" --json --quiet)
  jq -n --argjson cpu "$cpu" --arg video "$video" --arg network "$network" --arg minutes "$minutes" \
    --arg metrics $metrics --argjson train "$train" --argjson predict "$predict" \
    --argjson figures "$figures" --argjson queue "$queue" \
    '{video: $video, network: $network, minutes: ($minutes | tonumber), metrics: $metrics,
      train: $train, cpu_seconds: $cpu, predict: $predict, figures: $figures,
      episodes: ($queue | length)}' >"$file.new"
  mv "$file.new" "$file"
  rm -f "$file.train" "$file.cpu"
}

for video in "${videos[@]}"; do
  for network in "${networks[@]}"; do
    file=$dir/$video-$network-$minutes.json
    [ -z "$again" ] && [ -e "$file" ] && continue
    echo "bench networks: $video, $network, $minutes processor minutes" >&2
    rm -f "$file"
    set +e
    (set -e; row "$video" "$network" "$file")
    [ $? = 0 ] || echo "bench networks: $video, $network: no figures" >&2
    set -e
  done
done

printf '%-14s %-14s %6s %6s %6s %6s %9s %8s %6s %8s %8s %6s\n' video network AP AP50 MOTA name \
  train_min cpu_min steps s_frame train_MB MB
for video in "${videos[@]}"; do
  for network in "${networks[@]}"; do
    file=$dir/$video-$network-$minutes.json
    [ -e "$file" ] || continue
    jq -r '[.video, .network + (if .metrics == "coco-bbox" then " *" else "" end), .figures.ap,
            .figures.ap50, .figures.mota, (.figures.identity_accuracy // -1), .train.seconds / 60,
            .cpu_seconds / 60, .train.steps, .predict.seconds / .predict.frames,
            (.train.peak_rss_mb // -1), .predict.peak_rss_mb] | @tsv' "$file" |
      while IFS=$'\t' read -r a b c d e f g h i j k l; do
        LC_ALL=C printf '%-14s %-14s %6.3f %6.3f %6.3f %6.3f %9.1f %8.1f %6d %8.4f %8.0f %6.0f\n' "$a" "$b" \
          "$c" "$d" "$e" "$f" "$g" "$h" "$i" "$j" "$k" "$l"
      done
  done
done
echo "* boxes only: AP, AP50 and MOTA compare boxes, the others masks"
