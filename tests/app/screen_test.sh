#!/usr/bin/env bash
# The real window in Xvfb, moved by real mouse and key events; what counts is the project file.
# usage: screen_test.sh BIN_FOLDER
set -u
bin=$1
for program in Xvfb xdotool jq sqlite3; do
  command -v $program >/dev/null || { echo "[skipped] $program is not installed"; exit 0; }
done
work=$(mktemp -d)
export XDG_CONFIG_HOME=$work/config HOME=$work VOLE_WORKBENCH_STATE=$work/state.json
export LIBGL_ALWAYS_SOFTWARE=1 USER=tester
mkdir -p "$work/config/vole"
echo '{"seen_walkthrough":true}' >"$work/config/vole/preferences.json"
display=:$((200 + $$ % 700))
Xvfb $display -screen 0 1280x720x24 >"$work/xvfb.log" 2>&1 &
xvfb=$!
export DISPLAY=$display
window=0 program=0 failures=0
finish() {
  kill -9 $program 2>/dev/null
  kill $xvfb 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

say() { printf '%s\n' "$*"; }
fail() {
  say "FAILED: $*"
  [ -f "$work/state.json" ] && say "  state: $(cut -c1-900 "$work/state.json")"
  failures=$((failures + 1))
}
# wait_for SECONDS CONDITION... : until the shell condition holds
wait_for() {
  local left=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.05
  done
}
state() { jq -e "$1" "$work/state.json"; }
sql() { sqlite3 -readonly -cmd '.timeout 5000' "$work/p.vole" "$1"; }
expect_state() { wait_for 20 state "$2" && say "ok: $1" || fail "$1 (state: $2)"; }
check_sql() { [ "$(sql "$1")" = "$2" ]; }
expect_sql() { wait_for 20 check_sql "$2" "$3" && say "ok: $1" || fail "$1: $2 gave '$(sql "$2")', not '$3'"; }
key() { xdotool key --clearmodifiers "$@"; sleep 0.15; }
# at X Y : window position of an image point
at() {
  jq -r --argjson x "$1" --argjson y "$2" \
    '"\((.canvas.x + $x * .canvas.scale) | round) \((.canvas.y + $y * .canvas.scale) | round)"' "$work/state.json"
}
click_image() { xdotool mousemove $(at "$1" "$2"); sleep 0.12; xdotool click 1; sleep 0.15; }
# lane_at TITLE FRAME : window position on the timeline
lane_at() {
  jq -r --arg lane "$1" --argjson frame "$2" \
    '"\((.timeline.left + ($frame - .timeline.first_frame) / .timeline.frames_shown * .timeline.width) | round) \(.timeline.lanes[$lane] | round)"' \
    "$work/state.json"
}
drag() { # X0 Y0 X1 Y1
  xdotool mousemove $1 $2; sleep 0.15; xdotool mousedown 1; sleep 0.15
  xdotool mousemove $((($1 + $3) / 2)) $((($2 + $4) / 2)); sleep 0.1
  xdotool mousemove $3 $4; sleep 0.15; xdotool mouseup 1; sleep 0.2
}
start_window() {
  rm -f "$work/state.json"
  "$bin/vole-workbench" "$work/p.vole" --size 1280x720 2>"$work/stderr" &
  program=$!
  wait_for 30 state '.picture_frame >= 0 and .view_frame >= 0' || { fail "the window shows a frame"; cat "$work/stderr"; return 1; }
  window=$(xdotool search --name Vole | head -1)
  xdotool windowfocus "$window"
  sleep 0.3
}

"$bin/vole" synth "$work/scene" --scene tiny --frames 60 --json >/dev/null 2>&1 &&
  "$bin/vole" new "$work/p.vole" --json >/dev/null 2>&1 &&
  "$bin/vole" add-video "$work/p.vole" "$work/scene/video.mp4" --json >/dev/null 2>&1 || {
  say "FAILED: the scene for the test cannot be made"; exit 1; }
wait_for 10 xdotool getdisplaygeometry || { say "[skipped] Xvfb does not start here"; exit 0; }
start_window || exit 1

# --- draw a polygon, name it, undo, redo
key p
expect_state "P takes the polygon tool" '.canvas.tool == "polygon"'
for point in "20 20" "60 22" "58 60" "22 58"; do click_image $point; done
expect_state "points are being set" '.canvas.busy'
key Return
expect_sql "Enter closes the polygon into one label" "SELECT count(*) FROM annotations" 1
expect_sql "the first outline gets an animal" "SELECT count(*) FROM categories" 1
key ctrl+z
expect_sql "Ctrl+Z takes the label back" "SELECT count(*) FROM annotations" 0
key ctrl+shift+z
expect_sql "Ctrl+Shift+Z brings it again" "SELECT count(*) FROM annotations" 1
for point in "90 70" "130 72" "128 110" "92 108"; do click_image $point; done
key Return
expect_sql "a second polygon is a second animal" "SELECT count(DISTINCT category_id) FROM annotations" 2
key v
click_image 40 40
expect_state "a click selects an outline" '.selected_annotation > 0'
first=$(sql "SELECT group_concat(category_id) FROM (SELECT category_id FROM annotations ORDER BY id)")
key 2
expect_sql "digit 2 names it, and the two swap" \
  "SELECT group_concat(category_id) FROM (SELECT category_id FROM annotations ORDER BY id)" \
  "$(echo "$first" | awk -F, '{print $2","$1}')"
key d
expect_sql "D marks the frame done" "SELECT state FROM images WHERE frame_index = 0" done
key Right
expect_state "Right steps one frame, and its own picture is shown" '.frame == 1 and .picture_frame == 1'
key n
expect_sql "N marks a frame without animals" "SELECT state FROM images WHERE frame_index = 1" empty

# --- behavior: an interval by key, its edge dragged
"$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv" --json >/dev/null 2>&1
sqlite3 -cmd '.timeout 5000' "$work/p.vole" "DELETE FROM behavior_intervals"
key F3
key Home
expect_state "F3 is behavior mode" '.mode == "behavior" and .frame == 0'
sleep 1.2
key 1
for i in 1 2 3 4 5 6 7 8; do key Right; done
key 1
expect_sql "the key starts and ends an interval of 9 frames" \
  "SELECT start_frame || '-' || end_frame FROM behavior_intervals" 0-9
sleep 1
name=$(sql "SELECT name FROM behaviors ORDER BY id LIMIT 1")
from=$(lane_at "$name" 9)
to=$(lane_at "$name" 20.5)
drag $from $to
expect_sql "dragging the edge ends it at frame 20" "SELECT end_frame BETWEEN 20 AND 22 FROM behavior_intervals" 1
key ctrl+z
expect_sql "and undo gives the old edge back" "SELECT end_frame FROM behavior_intervals" 9

# --- killed in the middle of a drag: at most that gesture is lost
key F2
key Home
key v
before=$(sql "SELECT count(*) FROM annotations")
xdotool mousemove $(at 60 22); sleep 0.2; xdotool mousedown 1; sleep 0.1
xdotool mousemove $(at 70 30); sleep 0.1
kill -9 $program
wait $program 2>/dev/null
xdotool mouseup 1
expect_sql "after kill -9 in a drag every label is there" "SELECT count(*) FROM annotations" "$before"
[ "$(sqlite3 "$work/p.vole" 'PRAGMA integrity_check')" = ok ] && say "ok: the file is whole" || fail "integrity"
start_window || exit 1
expect_state "and the project opens again with its undo list" '.undo != ""'
key ctrl+z
expect_state "undo works across the restart" '.redo != ""'

# --- train: start and cancel
key ctrl+shift+z
key ctrl+shift+t
expect_state "Ctrl+Shift+T starts a training" '[.jobs[] | select(.title | startswith("Train"))] | length == 1'
key ctrl+k
expect_state "Ctrl+K opens the palette" '.palette.open'
sleep 0.5
xdotool type --delay 60 "cancel what"
expect_state "and takes what is typed" '.palette.query == "cancel what"'
key Return
expect_state "the palette closes" '.palette.open | not'
wait_for 90 state '[.jobs[] | select(.state == "running")] | length == 0' &&
  say "ok: and the training is cancelled" || fail "the training is cancelled"
key ctrl+q
wait_for 60 eval "! kill -0 $program" && say "ok: Ctrl+Q ends the program" || fail "Ctrl+Q"

[ $failures -eq 0 ] && say "All screen checks hold." || say "$failures screen checks failed."
exit $((failures > 0))
