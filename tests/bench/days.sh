#!/usr/bin/env bash
# Names on other days: animals that are labeled on one day, predicted on later ones in other light,
# without a label there and with five labeled frames; every frame measured against the truth.
# usage: bash tests/bench.sh days   $VOLE_BENCH_DAYS_MINUTES bounds each training (default 1),
#        $VOLE_BENCH_SEEDS and $VOLE_BENCH_SCENES choose scenes, $VOLE_BENCH_BELOW the least chance
set -euo pipefail
cd "$(dirname "$0")/../.."
vole=${VOLE:-build/bin/vole} work=${VOLE_BENCH_DIR:-build/bench}/days
scene() {
  case $1 in
    coats2) echo "--scene group --animals 2 --alike coats" ;;
    marks2) echo "--scene group --animals 2 --alike marks" ;;
    coats4) echo "--scene group --animals 4 --alike two-coats" ;;
    larvae3) echo "--scene larvae --animals 3 --alike coats" ;;
  esac
}
share() { jq -r '[.identity_accuracy, .unknown_names, .wrong_names,
  1 - .identity_accuracy - .unknown_names - .wrong_names] | map(100 * .) | @tsv'; }
printf '%-10s %4s %4s %-14s %8s %8s %8s %8s\n' scene seed day labels 'right %' 'unknown %' 'wrong %' 'missed %'
for name in ${VOLE_BENCH_SCENES:-coats2 marks2 coats4 larvae3}; do
  for seed in ${VOLE_BENCH_SEEDS:-1 2}; do
    dir=$work/$name-$seed project=$work/$name-$seed/days.vole
    mkdir -p "$dir"
    for day in 1 2 3; do
      [ -e "$dir/day$day.mp4" ] && continue
      # shellcheck disable=SC2046
      "$vole" synth "$dir/d$day" $(scene "$name") --frames 500 --width 480 --height 360 --day $day \
        --seed "$seed" --quiet >/dev/null
      cp "$dir/d$day/video.mp4" "$dir/day$day.mp4"
    done
    rm -f "$project"*
    "$vole" new "$project" --quiet >/dev/null
    "$vole" add-video "$project" "$dir"/day[123].mp4 --quiet >/dev/null
    "$vole" import "$project" --format coco "$dir/d1/labels.json" --video day1 --quiet >/dev/null 2>&1
    [ -e "$dir/model.safetensors" ] || "$vole" train "$project" --minutes \
      "${VOLE_BENCH_DAYS_MINUTES:-1}" --out "$dir/model.safetensors" --quiet >/dev/null
    for labels in none 'five frames'; do
      for day in 2 3; do
        if [ "$labels" != none ]; then
          jq '(.images | sort_by(.frame_index)) as $all
            | [range(0; 5) | $all[((. + 0.5) * ($all | length) / 5) | floor]] as $kept
            | ($kept | map({key: (.id | tostring), value: true}) | from_entries) as $is_kept
            | .images = $kept
            | .annotations = [.annotations[] | select($is_kept[.image_id | tostring])]' \
            "$dir/d$day/labels.json" >"$dir/five.json"
          "$vole" import "$project" --format coco "$dir/five.json" --video day$day --quiet >/dev/null 2>&1
        fi
        "$vole" predict "$project" --model "$dir/model.safetensors" --video day$day \
          ${VOLE_BENCH_BELOW:+--unknown-below "$VOLE_BENCH_BELOW"} --quiet >/dev/null 2>&1
        "$vole" evaluate "$project" --truth "$dir/d$day/instances.json" --video day$day --json --quiet |
          share | while IFS=$'\t' read -r right unknown wrong missed; do
            LC_ALL=C printf '%-10s %4d %4d %-14s %8.1f %8.1f %8.1f %8.1f\n' "$name" "$seed" "$day" \
              "$labels" "$right" "$unknown" "$wrong" "$missed"
          done
      done
    done
  done
done
