#!/usr/bin/env bash
# Following animals live: a rendered file of 640 x 480 at 30 frames/s with two animals, played at its
# rate, with no model and (where training is wanted) with one; what was dropped, how old the outlines
# were, how late the messages, and the memory at the start and at the end.
# usage: bash tests/bench.sh live    $VOLE_BENCH_LIVE_SECONDS (default 60) says for how long
#        $VOLE_BENCH_LIVE_MODEL a minute count of training for a second run with a model (default 0: none)
set -euo pipefail
cd "$(dirname "$0")/../.."
vole=${VOLE:-build/bin/vole} dir=${VOLE_BENCH_DIR:-build/bench}/live
seconds=${VOLE_BENCH_LIVE_SECONDS:-60} minutes=${VOLE_BENCH_LIVE_MODEL:-0}
mkdir -p "$dir"
frames=$((seconds * 30))
if [ ! -e "$dir/clip-$seconds.mp4" ]; then
  rm -rf "$dir/scene"
  "$vole" synth "$dir/scene" --scene two-voles --frames "$frames" --seed 2 --quiet >/dev/null
  # The same pictures a little faster: the scene was rendered for 25 frames/s.
  ffmpeg -loglevel error -y -r 30 -i "$dir/scene/video.mp4" -c:v libx264 -threads 2 -preset veryfast \
    -crf 18 -r 30 "$dir/clip-$seconds.mp4"
fi

# follow NAME [OPTION...]
follow() {
  local name=$1 child rss first="" last=""
  shift
  "$vole" live "$dir/p.vole" --file "$dir/clip-$seconds.mp4" --animals 2 --locomotion 3 \
    --zone half=0,0,320,0,320,480,0,480 --send 127.0.0.1:9 --out "$dir/$name.mkv" --json --quiet \
    "$@" >"$dir/$name.json" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 5
    rss=$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$child/status" 2>/dev/null || true)
    [ -z "$rss" ] && continue
    # Once the ground is known and the queues have been full.
    [ -n "$first" ] || [ "$(ps -o etimes= -p "$child" || echo 0)" -lt 10 ] || first=$rss
    last=$rss
  done
  wait "$child"
  jq -r --arg name "$name" --arg first "${first:--}" --arg last "${last:--}" '
    [$name, .frames, .dropped, .unrecorded, .start_up, .fps, .latency_ms, .latency_99_ms, .events,
     .event_ms, .event_99_ms, $first, $last] | @tsv' "$dir/$name.json" |
    while IFS=$'\t' read -r what frames dropped lost start fps median tail events delay late begin end; do
      LC_ALL=C printf '%-10s %7d %7d %5d %8d %6.1f %8.1f %8.1f %6d %8.1f %8.1f %8s %8s\n' "$what" \
        "$frames" "$dropped" "$lost" "$start" "$fps" "$median" "$tail" "$events" "$delay" "$late" \
        "$begin" "$end"
    done
}

echo "live: 640 x 480 at 30 frames/s, two animals, $seconds s; ms from picture to outlines, and from outlines to message"
rm -f "$dir"/p.vole* "$dir"/*.mkv
"$vole" new "$dir/p.vole" --quiet >/dev/null
printf '%-10s %7s %7s %5s %8s %6s %8s %8s %6s %8s %8s %8s %8s\n' "" frames dropped lost start-up fps \
  median 99% events message 99% MB_10s MB_end
follow no-model
if [ "$minutes" != 0 ]; then
  "$vole" add-video "$dir/p.vole" "$dir/scene/video.mp4" --quiet >/dev/null
  "$vole" import "$dir/p.vole" --format coco "$dir/scene/labels.json" --quiet >/dev/null
  "$vole" train "$dir/p.vole" --minutes "$minutes" --out "$dir/model" --quiet >/dev/null
  follow model --model "$dir/model.safetensors"
fi
