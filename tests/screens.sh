#!/usr/bin/env bash
# Writes pictures of the workbench's main states, taken from the real window on a rendered sample.
# usage: bash tests/screens.sh DIR [BIN_FOLDER]        (BIN_FOLDER: build/bin)
# The pictures of the README are these: bash tests/screens.sh tests/screens, and keep the four.
set -u
out=${1:?usage: bash tests/screens.sh DIR [BIN_FOLDER]}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
bin=${2:-build/bin}
bin=$(cd "$bin" && pwd)
source tests/support/screen.sh
command -v import >/dev/null || { echo "[skipped] imagemagick is not installed"; exit 0; }

shot() { # NAME : what the screen shows now
  xdotool mousemove_relative 1 0
  sleep "${2:-0.7}"
  import -window root "$work/shot.png" && convert "$work/shot.png" +dither -colors 224 -define png:compression-level=9 "$out/$1.png"
  say "$out/$1.png ($(($(stat -c %s "$out/$1.png") / 1024)) KB)"
}
palette() { key ctrl+k; sleep 0.4; xdotool type --delay 40 "$1"; sleep 0.3; key Return; sleep 0.4; }
preferences() { echo "$1" >"$work/config/vole/preferences.json"; }
go_to() { # FRAME
  key Home
  for i in $(seq $(($1 / 10))); do xdotool key shift+Right; sleep 0.04; done
  for i in $(seq $(($1 % 10))); do xdotool key Right; sleep 0.04; done
  wait_for 20 state ".picture_frame == $1 and .view_frame == $1"
}
# middle_of ANIMAL FRAME : of its true outline
middle_of() {
  jq -r --argjson c "$1" --argjson f "$2" '[.images[] | select(.frame_index == $f) | .id] as $i
    | [.annotations[] | select(.image_id == $i[0] and .category_id == $c)][0].bbox
    | "\(.[0] + .[2] / 2) \(.[1] + .[3] / 2)"' "$work/scene/instances.json"
}

"$bin/vole" synth "$work/scene" --frames 400 --labels 40 --json >/dev/null 2>&1 &&
  "$bin/vole" new "$work/p.vole" --json >/dev/null 2>&1 &&
  "$bin/vole" add-video "$work/p.vole" "$work/scene/video.mp4" --json >/dev/null 2>&1 &&
  "$bin/vole" import "$work/p.vole" --format coco "$work/scene/labels.json" --json >/dev/null 2>&1 &&
  "$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv" --json >/dev/null 2>&1 || {
  say "FAILED: the sample cannot be made"; exit 1; }

# --- start screen
preferences "{\"seen_walkthrough\":true,\"recent\":[\"$work/p.vole\"]}"
"$bin/vole-workbench" --size 1280x720 2>"$work/stderr" &
program=$!
wait_for 30 xdotool search --name Vole
shot start 3
kill $program; wait $program 2>/dev/null
preferences '{"seen_walkthrough":false}'
start_window || exit 1
shot walkthrough
kill $program; wait $program 2>/dev/null

# --- labeling
preferences '{"seen_walkthrough":true}'
start_window || exit 1
labeled=$(jq '[.images[].frame_index] | map(select(. % 10 == 0 and . > 20))[0]' "$work/scene/labels.json")
go_to "$labeled"
key v
click_image $(middle_of 1 "$labeled")
xdotool mousemove_relative 12 4
shot label
xdotool keydown ctrl
shot legend
xdotool keyup ctrl
key ctrl+p
wait_for 60 state '[.jobs[] | select(.state == "running")] | length == 0'
unlabeled=$(jq --argjson f "$labeled" '[.images[].frame_index] as $l | [range(63; 390; 10)]
  | map(select(. as $x | $l | index($x) | not))[0]' "$work/scene/labels.json")
go_to "$unlabeled"
key o
click_image $(middle_of 2 "$unlabeled")
wait_for 20 state '.canvas.proposal'
shot proposal
key Escape
key v
key ctrl+k
sleep 0.4
xdotool type --delay 40 "fr"
shot palette
key Escape

# --- behavior
key F3
go_to 120
shot timeline

# --- training
key F4
key ctrl+shift+t
wait_for 240 state '.learning.samples > 7'
palette "train and predict"
shot training 2
palette "cancel what"
wait_for 120 state '[.jobs[] | select(.state == "running")] | length == 0'
key ctrl+q
wait $program 2>/dev/null

# --- review
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 205
start_window || exit 1
key F4
key space
wait_for 20 state '.selected_episode > 0'
shot review 1.5
key ctrl+shift+l
shot review-light
key F2
go_to "$labeled"
shot label-light
kill $program; wait $program 2>/dev/null

# --- 4K
preferences '{"seen_walkthrough":true,"ui_scale":2}'
finish_screen
screen_size=3840x2160
start_screen
start_window || exit 1
go_to "$labeled"
shot label-4k
key F4
key space
wait_for 60 state '.view_frame == 205 and .picture_frame == 205'
shot review-4k 4
kill $program; wait $program 2>/dev/null
exit 0
