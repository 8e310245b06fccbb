#!/usr/bin/env bash
# Figures of Vole on real videos and large inputs, as tables. Not a test: nothing here passes or fails.
# usage: bash tests/bench.sh PART...     parts: real later labels contacts queue speed import behavior assist carry
#                                names workbench scores idnet group oneshot live points points-behavior nets
#                                networks depth pages days large parts, or all
# The real videos stand in ../shared/data beside the checkout, or in $VOLE_SHARED_DATA.
# $VOLE_BENCH_MINUTES bounds each training (default 5), $VOLE_BENCH_FRAMES the long input of `speed`,
# $VOLE_BENCH_STEPS the trainings of `queue`, which must be too short to be right everywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${VOLE_SHARED_DATA:-../shared/data}
work=${VOLE_BENCH_DIR:-build/bench}
minutes=${VOLE_BENCH_MINUTES:-5}
long_frames=${VOLE_BENCH_FRAMES:-100000}
vole=${VOLE:-build/bin/vole}
bench_videos=(flies_pair flies_courtship mice_homecage mouse_openfield)

# The programs that print figures are no part of what the tests build.
if [ -e build/build.ninja ]; then
  ninja -C build benches >build/benches.log || { tail -40 build/benches.log >&2; exit 1; }
fi

need() {
  command -v jq >/dev/null || { echo "bench: jq is missing; run: bash tests/run.sh" >&2; exit 1; }
  [ -x "$vole" ] || { echo "bench: $vole is missing; run: bash tests/run.sh" >&2; exit 1; }
  mkdir -p "$work"
}

need_data() {
  [ -d "$data/flies_pair" ] && return 0
  echo "bench: the real videos are not in $data; say where with VOLE_SHARED_DATA=DIR" >&2
  exit 1
}

now() { echo "${EPOCHREALTIME/,/.}"; }
since() { jq -n "$(now) - $1"; }

# fresh_project FILE VIDEO [LABELS]
fresh_project() {
  rm -f "$1" "$1"-wal "$1"-shm
  "$vole" new "$1" --quiet >/dev/null
  "$vole" add-video "$1" "$2" --quiet >/dev/null
  [ -z "${3:-}" ] || "$vole" import "$1" --format coco "$3" --quiet >/dev/null
}

# truth_of NAME : the options of `vole evaluate` that measure on frames not learned from
truth_of() {
  case $1 in
    flies_pair) echo "--truth $data/$1/instances_every_frame.json --only-unlabeled" ;;
    flies_pair2) echo "--truth $data/$1/instances.json" ;;
    *) echo "--truth $data/$1/instances.json --split val" ;;
  esac
}

table_head() {
  printf '%-28s %6s %6s %7s %5s %6s %6s %6s %9s %8s %8s %7s\n' "$1" labels frames MOTA IDSW AP50 \
    AP75 IoU identity train_s fps peak_MB
}

# table_row NAME TRAIN_JSON PREDICT_JSON FIGURES_JSON
table_row() {
  jq -rn --arg name "$1" --argjson t "$2" --argjson p "$3" --argjson f "$4" '
    [$name, ($t.labels // 0), $f.frames, ($f.mota // -1), ($f.idsw // -1), $f.ap50, $f.ap75,
     ($f.mean_iou // -1), ($f.identity_accuracy // -1), ($t.seconds // 0), $p.fps, $p.peak_rss_mb] | @tsv' |
    while IFS=$'\t' read -r name labels frames mota idsw ap50 ap75 iou identity seconds fps rss; do
      LC_ALL=C printf '%-28s %6d %6d %7.4f %5d %6.3f %6.3f %6.3f %9.4f %8.0f %8.1f %7.0f\n' "$name" \
        "$labels" "$frames" "$mota" "$idsw" "$ap50" "$ap75" "$iou" "$identity" "$seconds" "$fps" "$rss"
    done
}

# train_and_measure NAME ROW_NAME PROJECT LABELS
train_and_measure() {
  local name=$1 row=$2 project=$3 train predict figures
  fresh_project "$project" "$data/$name/video.mp4" "$4"
  train=$("$vole" train "$project" --minutes "$minutes" --out "${project%.vole}.safetensors" \
    --json --quiet)
  predict=$("$vole" predict "$project" --json --quiet)
  # shellcheck disable=SC2046
  figures=$("$vole" evaluate "$project" $(truth_of "$name") --json --quiet)
  jq -n --argjson train "$train" --argjson predict "$predict" --argjson figures "$figures" \
    '{train: $train, predict: $predict, figures: $figures}' >"${project%.vole}.json"
  table_row "$row" "$train" "$predict" "$figures"
}

part_real() {
  need_data
  mkdir -p "$work/real"
  table_head "real videos"
  for name in "${bench_videos[@]}"; do
    train_and_measure "$name" "$name" "$work/real/$name.vole" "$data/$name/instances.json"
  done
  # Trained on one pair of flies, tried on two flies that it has never seen.
  local project=$work/real/flies_pair2.vole predict figures
  fresh_project "$project" "$data/flies_pair2/video.mp4"
  predict=$("$vole" predict "$project" --model "$work/real/flies_courtship.safetensors" --json --quiet)
  # shellcheck disable=SC2046
  figures=$("$vole" evaluate "$project" $(truth_of flies_pair2) --json --quiet)
  table_row "courtship -> flies_pair2" '{}' "$predict" "$figures"
}

# few_labels FILE COUNT OUT : so many of its training frames, evenly spread
few_labels() {
  jq --argjson count "$2" '
    ([.images[] | select((.split // "train") == "train")] | sort_by(.frame_index)) as $all
    | [range(0; $count) | $all[((. + 0.5) * ($all | length) / $count) | floor]] as $kept
    | ($kept | map({key: (.id | tostring), value: true}) | from_entries) as $is_kept
    | .images = $kept
    | .annotations = [.annotations[] | select($is_kept[.image_id | tostring])]' "$1" >"$3"
}

# in_touch FILE OUT : its frames on which the boxes of two animals overlap
in_touch() {
  jq '
    (.annotations | group_by(.image_id) | map(select(
      [.[].bbox] as $b
      | [range(0; $b | length) as $i | range($i + 1; $b | length) as $j
         | $b[$i][0] < $b[$j][0] + $b[$j][2] and $b[$j][0] < $b[$i][0] + $b[$i][2]
           and $b[$i][1] < $b[$j][1] + $b[$j][3] and $b[$j][1] < $b[$i][1] + $b[$i][3]]
      | any)) | map({key: (.[0].image_id | tostring), value: true}) | from_entries) as $touching
    | .images |= map(select($touching[.id | tostring]))
    | .annotations |= map(select($touching[.image_id | tostring]))' "$1" >"$2"
}

# Animals that stay in touch: three flies (ten labels of the first half, measured on the second),
# rendered huddles of three and four (measured on the frames in touch that nobody labeled).
part_contacts() {
  need_data
  mkdir -p "$work/contacts"
  table_head "animals in touch"
  local dir=$work/contacts seed animals project train predict figures
  for seed in ${VOLE_BENCH_SEEDS:-1 2 3 4 5}; do
    project=$dir/flies-$seed.vole
    fresh_project "$project" "$data/flies_three_early/video.mp4" "$data/flies_three_early/instances.json"
    train=$("$vole" train "$project" --minutes "${VOLE_BENCH_MINUTES:-2}" --seed "$seed" \
      --out "${project%.vole}.safetensors" --json --quiet)
    predict=$("$vole" predict "$project" --json --quiet)
    figures=$("$vole" evaluate "$project" --truth "$data/flies_three_early/instances.json" --split val \
      --json --quiet)
    table_row "flies_three_early, seed $seed" "$train" "$predict" "$figures"
  done
  for animals in 3 4; do
    "$vole" synth "$dir/huddle-$animals" --scene group --animals "$animals" --alike marks --huddles \
      --quiet >/dev/null
    in_touch "$dir/huddle-$animals/instances.json" "$dir/huddle-$animals/touching.json"
    project=$dir/huddle-$animals.vole
    fresh_project "$project" "$dir/huddle-$animals/video.mp4" "$dir/huddle-$animals/labels.json"
    train=$("$vole" train "$project" --minutes "${VOLE_BENCH_MINUTES:-2}" \
      --out "${project%.vole}.safetensors" --json --quiet)
    predict=$("$vole" predict "$project" --json --quiet)
    figures=$("$vole" evaluate "$project" --truth "$dir/huddle-$animals/touching.json" --only-unlabeled \
      --json --quiet)
    table_row "huddle of $animals, in touch" "$train" "$predict" "$figures"
  done
}

# The project holds so many labels and no others: neither the network nor the naming of tracks sees more.
part_labels() {
  need_data
  mkdir -p "$work/labels"
  table_head "fewer labels"
  for count in 50 25 10; do
    for name in "${bench_videos[@]}"; do
      few_labels "$data/$name/instances.json" "$count" "$work/labels/$name-$count.json"
      train_and_measure "$name" "$name, $count" "$work/labels/$name-$count.vole" "$work/labels/$name-$count.json"
    done
  done
}

# split_labels FILE EARLY LATE : its labels of the first three fifths of their time, and the others
split_labels() {
  local part
  for part in early late; do
    jq --arg part "$part" '
      ([.images[].frame_index] | (min + 0.6 * (max - min))) as $border
      | .images |= map(select((.frame_index < $border) == ($part == "early")))
      | (.images | map({key: (.id | tostring), value: true}) | from_entries) as $is_kept
      | .annotations |= map(select($is_kept[.image_id | tostring]))
      | .images |= map(.split = "train")' "$1" >"$([ $part = early ] && echo "$2" || echo "$3")"
  done
}

# Learned from the first three fifths, measured on the labels of the rest: no label there names a
# track or teaches the network.
part_later() {
  need_data
  mkdir -p "$work/later"
  table_head "a later stretch"
  local name project train predict figures early late
  for name in ${VOLE_BENCH_LATER:-"${bench_videos[@]}"}; do
    project=$work/later/$name.vole early=$work/later/$name-early.json late=$work/later/$name-late.json
    split_labels "$data/$name/instances.json" "$early" "$late"
    fresh_project "$project" "$data/$name/video.mp4" "$early"
    train=$("$vole" train "$project" --minutes "$minutes" --out "${project%.vole}.safetensors" --json --quiet)
    predict=$("$vole" predict "$project" --json --quiet)
    figures=$("$vole" evaluate "$project" --truth "$late" --json --quiet)
    table_row "$name" "$train" "$predict" "$figures"
  done
}

# How many of the truly wrong frames stand in the first part of the queue. The project holds ten
# labels and nothing else; trainings of so few steps that some of their frames are wrong.
part_queue() {
  need_data
  mkdir -p "$work/queue"
  few_labels "$data/flies_pair/instances.json" 10 "$work/queue/ten.json"
  echo "review queue, flies_pair, 10 labels: share of the truly wrong frames within its first part"
  echo "(best: what a queue that knew the truth would hold within its first 10 %)"
  printf '%6s %5s %7s %7s %8s %7s %7s %7s %7s %7s\n' steps seed frames wrong mean_IoU '5 %' '10 %' '20 %' '50 %' best
  local steps seed project
  for steps in ${VOLE_BENCH_STEPS:-10 11 12 13}; do
    for seed in 1 2 3; do
      project=$work/queue/$steps-$seed.vole
      fresh_project "$project" "$data/flies_pair/video.mp4" "$work/queue/ten.json"
      "$vole" train "$project" --steps "$steps" --seed "$seed" --out "${project%.vole}.safetensors" \
        --json --quiet >/dev/null
      "$vole" predict "$project" --json --quiet >/dev/null
      # shellcheck disable=SC2046
      "$vole" evaluate "$project" $(truth_of flies_pair) --list-wrong --json --quiet >"$work/queue/wrong.json"
      "$vole" review "$project" --json --quiet >"$work/queue/queue.json"
      jq -rn --arg steps "$steps" --arg seed "$seed" --slurpfile wrong "$work/queue/wrong.json" \
        --slurpfile queue "$work/queue/queue.json" '
        ($wrong[0].wrong_frames) as $bad | ($wrong[0].compared_frames) as $all
        | ($all | map({key: tostring, value: true}) | from_entries) as $is_compared
        | ($bad | map({key: tostring, value: true}) | from_entries) as $is_bad
        | (reduce $queue[0][] as $e ({seen: {}, order: []};
            reduce range($e.start_frame; $e.end_frame) as $f (.;
              if .seen[$f|tostring] or ($is_compared[$f|tostring] | not) then .
              else .seen[$f|tostring] = true | .order += [$f] end))).order as $order
        | [$steps, $seed, ($all | length), ($bad | length), $wrong[0].mean_iou,
           ((5, 10, 20, 50) as $percent
            | (($all|length) * $percent / 100 | ceil) as $n
            | ($order[:$n] | map(select($is_bad[tostring])) | length) as $hits
            | if ($bad|length) == 0 then -1 else 100 * $hits / ($bad|length) end),
           (if ($bad|length) == 0 then -1 else
             ([1, ($all|length) * 0.1 / ($bad|length)] | min) * 100 end)] | @tsv' |
        while IFS=$'\t' read -r s e all bad iou a b c d best; do
          LC_ALL=C printf '%6d %5d %7d %7d %8.3f %7.0f %7.0f %7.0f %7.0f %7.0f\n' "$s" "$e" "$all" "$bad" "$iou" \
            "$a" "$b" "$c" "$d" "$best"
        done
    done
  done
}

part_speed() {
  need_data
  mkdir -p "$work/speed"
  local project=$work/speed/flies.vole model=$work/real/flies_courtship.safetensors predict
  fresh_project "$project" "$data/flies_courtship/video.mp4" "$data/flies_courtship/instances.json"
  if [ ! -e "$model" ]; then
    model=$work/speed/flies.safetensors
    "$vole" train "$project" --minutes "$minutes" --out "$model" --json --quiet >/dev/null
  fi
  predict=$("$vole" predict "$project" --model "$model" --json --quiet)
  jq -r '"predict, 1024 x 1024, all stages: \(.frames) frames, \(.fps * 10 | round / 10) frames/s, peak memory \(.peak_rss_mb | round) MB"' <<<"$predict"

  local loops=$((long_frames / 1500)) long=$work/speed/long.mp4
  [ -e "$long" ] || ffmpeg -loglevel error -y -stream_loop "$loops" -i "$data/flies_courtship/video.mp4" -c copy "$long"
  fresh_project "$work/speed/long.vole" "$long"
  echo "long input: $("$vole" info "$work/speed/long.vole" --json | jq '.videos[0].frames') frames; resident memory while predicting:"
  "$vole" predict "$work/speed/long.vole" --model "$model" --json --quiet >"$work/speed/long.json" &
  local child=$! started=$SECONDS rss
  while kill -0 "$child" 2>/dev/null; do
    sleep 30
    rss=$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$child/status" 2>/dev/null || true)
    [ -z "$rss" ] || echo "  after $((SECONDS - started)) s: $rss MB"
  done
  wait "$child"
  jq -r '"  \(.frames) frames, \(.fps * 10 | round / 10) frames/s, peak \(.peak_rss_mb | round) MB"' "$work/speed/long.json"
}

part_import() {
  mkdir -p "$work/import"
  local dir=$work/import project=$work/import/big.vole start
  rm -rf "$dir/scene"
  "$vole" synth "$dir/scene" --scene tiny --frames 2000 --quiet >/dev/null
  fresh_project "$project" "$dir/scene/video.mp4"
  jq -c '.images as $images | .annotations = [range(0; 100000) as $i
    | ($images[$i / 50 | floor]) as $image | ($i % 50) as $k
    | (($k % 10) * 14 + 3) as $x | (($k / 10 | floor) * 20 + 4) as $y
    | {id: ($i + 1), image_id: $image.id, category_id: (.categories[$k % 2].id), iscrowd: 0,
       bbox: [$x, $y, 10, 10], area: 100,
       segmentation: [[$x, $y, $x + 10, $y, $x + 10, $y + 10, $x, $y + 10]]}]' \
    "$dir/scene/instances.json" >"$dir/big.json"
  start=$(now)
  "$vole" import "$project" --format coco "$dir/big.json" --json --quiet |
    jq -r '"import: \(.annotations) annotations on \(.images) images"'
  LC_ALL=C printf '  %.2f s\n' "$(since "$start")"
  start=$(now)
  "$vole" version >/dev/null
  LC_ALL=C printf 'starting the program: %.3f s\n' "$(since "$start")"
  start=$(now)
  "$vole" export "$project" --format coco --frames 1000:1001 --out "$dir/one.json" --quiet >/dev/null
  LC_ALL=C printf 'starting, opening, reading one frame of labels, writing them: %.3f s\n' "$(since "$start")"
  start=$(now)
  "$vole" info "$project" --json >/dev/null
  LC_ALL=C printf 'vole info: %.3f s\n' "$(since "$start")"
}

# How good the one-click tools are against the labels of the real videos.
part_assist() {
  need_data
  local files=()
  for name in flies_courtship mouse_openfield mice_homecage flies_pair flies_pair2; do
    files+=("$data/$name/instances.json" "$data/$name/video.mp4")
  done
  build/bin/bench_assist --most-frames "${VOLE_BENCH_ASSIST_FRAMES:-60}" "${files[@]}"
}

# How far outlines are carried from a labeled frame before there is doubt, and how right they are.
part_carry() {
  need_data
  local files=()
  for name in flies_courtship mouse_openfield mice_homecage flies_pair flies_pair2 flies_three_early; do
    files+=("$data/$name/instances.json" "$data/$name/video.mp4")
  done
  build/bin/bench_carry "${VOLE_BENCH_CARRY_SEEDS:-6}" "${VOLE_BENCH_CARRY_FRAMES:-100}" "${files[@]}"
}

# How often a new outline gets the right name by itself, on the labels of the real videos.
part_names() {
  need_data
  local files=()
  for name in mice_homecage flies_courtship flies_pair; do
    files+=("$data/$name/instances.json" "$data/$name/video.mp4")
  done
  build/bin/bench_names "${files[@]}"
}

# The window over a large project: 200 outlines of 100 points on each of 2500 frames (500,000
# predictions), 12 rows over 1,000,000 frames, a 1080p H.264 video.
part_workbench() {
  local dir=$work/workbench gop
  mkdir -p "$dir"
  [ -e "$dir/scene/video.mp4" ] || "$vole" synth "$dir/scene" --frames 240 --width 1920 --height 1080 --quiet >/dev/null
  for gop in 30 250; do
    [ -e "$dir/clip$gop.mp4" ] || ffmpeg -loglevel error -y -i "$dir/scene/video.mp4" -c:v libx264 \
      -threads 2 -preset veryfast -crf 26 -g $gop -pix_fmt yuv420p "$dir/clip$gop.mp4"
    build/bin/bench_workbench seek "$dir/clip$gop.mp4"
  done
  build/bin/bench_workbench scissors "$dir/clip30.mp4"
  # A million frames that are there: a small clip of 1080p, its packets copied 4167 times.
  [ -e "$dir/clip.mp4" ] || ffmpeg -loglevel error -y -i "$dir/scene/video.mp4" -c:v libx264 \
    -threads 2 -preset veryfast -bf 0 -crf 40 -g 60 -pix_fmt yuv420p "$dir/clip.mp4"
  [ -e "$dir/long.mp4" ] || { ffmpeg -loglevel error -y -stream_loop 4166 -i "$dir/clip.mp4" -c copy \
    "$dir/part.mp4" && mv "$dir/part.mp4" "$dir/long.mp4"; }
  if [ ! -e "$dir/made" ]; then
    rm -f "$dir"/big.vole*
    build/bin/bench_workbench make "$dir/big.vole" "$dir/long.mp4" "$dir/clip.mp4"
    touch "$dir/made"
  fi
  build/bin/bench_workbench measure "$dir/big.vole"
  bash tests/bench/play.sh build/bin "$dir/big.vole"
}

# Behavior from pixels: a rendered scene whose truth is exact, then two courting flies whose bouts
# follow a documented rule, then how many pictures a second are scored.
part_behavior() {
  local dir=$work/behavior videos=${VOLE_BENCH_VIDEOS:-16} frames=${VOLE_BENCH_SCENE_FRAMES:-500}
  local project=$dir/objects.vole tests=() i
  mkdir -p "$dir"
  rm -f "$project" "$project"-*
  "$vole" new "$project" --quiet >/dev/null
  for ((i = 1; i <= videos; ++i)); do
    [ -e "$dir/scene$i/behaviors.csv" ] || "$vole" synth "$dir/scene$i" --scene objects --seed "$i" \
      --frames "$frames" --preference "$(awk "BEGIN { print 0.2 + 0.6 * ($i * 7 % 10) / 9 }")" \
      --quiet >/dev/null
    cp "$dir/scene$i/video.mp4" "$dir/v$i.mp4"
    sed "s/^video.mp4/v$i.mp4/" "$dir/scene$i/behaviors.csv" >"$dir/v$i.csv"
    "$vole" add-video "$project" "$dir/v$i.mp4" --quiet >/dev/null
    "$vole" import "$project" --format behaviors "$dir/v$i.csv" --quiet >/dev/null
    ((i <= videos * 3 / 4)) || tests+=(--test-video "v$i")
  done
  echo "rendered object exploration: $((videos * 3 / 4)) videos to learn from, $((videos - videos * 3 / 4)) to test on"
  "$vole" ablate "$project" --behaviors explore_left,explore_right --exclusive --quiet \
    --first explore_left --second explore_right --models "$dir" "${tests[@]}"
  "$vole" predict "$project" --model "$dir/behavior-frame.safetensors" --video v1 --json --quiet |
    jq -r '"scoring with the default: \(.pictures_per_s | round) pictures/s, everything included"'
  [ -d "$data/flies_courtship" ] || return 0
  project=$dir/flies.vole
  local model=$work/real/flies_courtship.safetensors
  fresh_project "$project" "$data/flies_courtship/video.mp4" "$data/flies_courtship/instances.json"
  if [ ! -e "$model" ]; then
    model=$dir/flies-outlines.safetensors
    "$vole" train "$project" --minutes "$minutes" --out "$model" --json --quiet >/dev/null
  fi
  "$vole" predict "$project" --model "$model" --quiet >/dev/null
  "$vole" import "$project" --format behaviors "$data/flies_courtship/behaviors.csv" --video video --quiet >/dev/null
  echo "flies_courtship: frames 0 to 999 to learn from, 1000 to 1499 to test on (where alone chasing occurs)"
  "$vole" ablate "$project" --behaviors resting,walking,wing_extension --exclusive \
    --test-frames 1000:1500 --quiet
}

[ $# -gt 0 ] || { sed -n '2,8p' "$0" | cut -c3-; exit 2; }
need
parts=(real later labels contacts queue speed import behavior assist carry names workbench scores idnet
  group oneshot live points points-behavior nets networks depth pages days large parts)
[ "$1" = all ] && set -- "${parts[@]}"
for part in "$@"; do
  # Some are functions above, some scripts of their own: `scores` (a million frames of probabilities
  # of behavior), `idnet` (look-alike animals, with and without a second network that names them),
  # `group` (many look-alikes without names), `oneshot` (no label at all), `live` (a camera that is
  # followed at once), `points` (key points of pictures), `points-behavior` (behavior with and without key points), `nets` (Mask R-CNN against
  # torchvision's), `networks` (all five on the real videos), `depth` (places in space, one camera),
  # `pages` (results of a long video and a table of many, in the real window), `days` (names in other
  # light than they were learned in), `large` (1,000 videos, 10 million predictions), `parts` (a
  # prediction that is divided).
  if [[ " ${parts[*]} " == *" $part "* ]] && declare -F "part_$part" >/dev/null; then
    "part_$part"
  elif [[ " ${parts[*]} " == *" $part "* ]] && [ -e "tests/bench/$part.sh" ]; then
    bash "tests/bench/$part.sh"
  else
    echo "bench: unknown part '$part' (${parts[*]} all)" >&2
    exit 2
  fi
  echo
done
