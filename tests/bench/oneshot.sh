#!/usr/bin/env bash
# No label at all: `vole track` on the real videos, told how many animals there are (the larvae are
# counted), measured on every labeled frame of the truth; time is that of the whole command.
# usage: bash tests/bench.sh oneshot    $VOLE_BENCH_TRACK_MINUTES bounds each training, in minutes of
#        processor time, so that a busy machine trains no less (default 2.5: 1:15 on two quiet cores);
#        $VOLE_BENCH_ONESHOT names the videos
set -euo pipefail
cd "$(dirname "$0")/../.."
vole=${VOLE:-build/bin/vole} data=${VOLE_SHARED_DATA:-../shared/data}
dir=${VOLE_BENCH_DIR:-build/bench}/oneshot
minutes=${VOLE_BENCH_TRACK_MINUTES:-2.5}
if [ ! -d "$data/flies_pair" ]; then
  echo "bench: the real videos are not in $data; say where with VOLE_SHARED_DATA=DIR" >&2
  exit 1
fi
mkdir -p "$dir"
echo "no labels: vole track, $minutes minutes of processor time of training at most"
printf '%-16s %7s %6s %6s %6s %7s %5s %6s %6s %7s %6s %8s\n' video animals clear steps frames MOTA \
  IDSW J F T total_s peak_MB
for name in ${VOLE_BENCH_ONESHOT:-flies_pair flies_courtship mice_homecage mouse_openfield fish_group}; do
  project=$dir/$name.vole truth=$data/$name/instances.json animals=2
  case $name in
    flies_pair) truth=$data/$name/instances_every_frame.json ;;
    mouse_openfield) animals=1 ;;
    flies_three_early) animals=3 ;;
    fish_group) animals=auto ;;
  esac
  rm -f "$dir/$name"*
  "$vole" new "$project" --quiet >/dev/null
  "$vole" add-video "$project" "$data/$name/video.mp4" --quiet >/dev/null
  started=${EPOCHREALTIME/,/.}
  "$vole" track "$project" --animals "$animals" --minutes "$minutes" --processor-time --out "$dir/$name" --json \
    --quiet >"$dir/$name-track.json"
  seconds=$(jq -n "${EPOCHREALTIME/,/.} - $started")
  "$vole" evaluate "$project" --truth "$truth" --metrics davis --match once --json --quiet \
    >"$dir/$name-davis.json"
  if [ "$name" = fish_group ]; then
    "$vole" export "$project" --format coco --what predictions --out "$dir/$name-found.json" \
      --quiet >/dev/null
    build/bin/bench_positions "$data/$name/positions.csv" "$dir/$name-found.json"
  else
    "$vole" evaluate "$project" --truth "$truth" --json --quiet
  fi >"$dir/$name-figures.json"
  jq -rn --arg name "$name" --argjson s "$seconds" --slurpfile t "$dir/$name-track.json" \
    --slurpfile d "$dir/$name-davis.json" --slurpfile f "$dir/$name-figures.json" '
    [$name, $t[0].animals, $t[0].clear, $t[0].steps, $f[0].frames, $f[0].mota, $f[0].idsw, $d[0].j,
     $d[0].f, $d[0].t, $s, $t[0].peak_rss_mb] | @tsv' |
    while IFS=$'\t' read -r video number clear steps frames mota idsw j f t total rss; do
      LC_ALL=C printf '%-16s %7s %6d %6d %6d %7.4f %5d %6.3f %6.3f %7.4f %6.0f %8.0f\n' "$video" \
        "$number" "$clear" "$steps" "$frames" "$mota" "$idsw" "$j" "$f" "$t" "$total" "$rss"
    done
done
