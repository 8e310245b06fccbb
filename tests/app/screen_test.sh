#!/usr/bin/env bash
# The real window in Xvfb, moved by real mouse and key events; what counts is the project file.
# usage: screen_test.sh BIN_FOLDER
set -u
bin=$1
source "$(dirname "$0")/../support/screen.sh"

make_project 60
start_window || exit 1

# --- the first picture on the screen is the video's first frame
if command -v import >/dev/null && command -v ffmpeg >/dev/null; then
  sleep 1
  read -r x y w h <<<"$(jq -r '.canvas | "\(.x | round) \(.y | round) \(.scale * 160 | round) \(.scale * 120 | round)"' "$work/state.json")"
  ffmpeg -loglevel error -y -i "$work/scene/video.mp4" -frames:v 1 "$work/truth.png"
  import -window root -crop "${w}x${h}+$x+$y" +repage "$work/seen.png"
  convert "$work/seen.png" -resize 160x120! "$work/seen.png"
  difference=$(compare -metric RMSE "$work/seen.png" "$work/truth.png" null: 2>&1 | sed 's/.*(\(.*\)).*/\1/')
  awk -v d="$difference" 'BEGIN {exit !(d < 0.15)}' && say "ok: the picture on the screen is the frame (difference $difference)" ||
    fail "the picture on the screen is not the frame (difference $difference)"
fi

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
expect_sql "and the animal that was made for it, in the same step" "SELECT count(*) FROM categories" 0
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
key ctrl+g
xdotool type --delay 40 "0:01.20"
key Return
expect_state "Ctrl+G goes to a time" '.frame == 30 and .picture_frame == 30'
key ctrl+g
xdotool type --delay 40 "1"
key Return
expect_state "and to a frame, and the keys are free again" '.frame == 1 and .picture_frame == 1'
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
sleep 1
other=$(sql "SELECT name FROM behaviors ORDER BY id LIMIT 1 OFFSET 1")
drag $(lane_at "$name" 5) $(lane_at "$other" 5)
expect_sql "dragged to another row, it is that behavior" \
  "SELECT behaviors.name || start_frame || '-' || end_frame FROM behavior_intervals JOIN behaviors ON behaviors.id = behavior_id" "${other}0-9"
key ctrl+z
expect_sql "and undo brings it back" \
  "SELECT behaviors.name FROM behavior_intervals JOIN behaviors ON behaviors.id = behavior_id" "$name"
timeline_is_new() { expect_state "$1" '.timeline.revision == .revision and .timeline.dragging == false'; }
bouts() { sql "SELECT group_concat(start_frame || '-' || end_frame) FROM (SELECT * FROM behavior_intervals ORDER BY start_frame)"; }
expect_bouts() { wait_for 20 eval '[ "$(bouts)" = "'"$2"'" ]' && say "ok: $1" || fail "$1: $(bouts), not $2"; }
timeline_is_new "the timeline shows it there"
xdotool mousemove $(lane_at "$name" 6); sleep 0.2; xdotool click 1
expect_state "a click selects a bout" '.selected_interval > 0'
key Home Right Right Right Right
expect_state "frame 4 lies inside" '.frame == 4'
key s
expect_bouts "S splits the bout at this frame" 0-4,4-9
timeline_is_new "the timeline shows both"
xdotool mousemove $(lane_at "$name" 7); sleep 0.2; xdotool click 1
second=$(jq .selected_interval "$work/state.json")
xdotool mousemove $(lane_at "$name" 2); sleep 0.2; xdotool click 1
key Home Next
expect_state "PageDown goes to the next bout, and selects it" ".frame == 4 and .selected_interval == $second"
key Prior
expect_state "PageUp to the one before" ".frame == 0 and .selected_interval != $second"
key Next Delete
expect_bouts "Delete deletes the selected bout, and only that" 0-4
key ctrl+z ctrl+z
expect_bouts "two undos put it together again" 0-9
timeline_is_new "the timeline shows one bout"

# --- a region: drawn once, with rows of its own
key ctrl+k
sleep 0.5
xdotool type --delay 60 "draw a region"
key Return
expect_state "a region is to be drawn" '.canvas.tool == "polygon" and .mode == "behavior"'
for point in "5 5" "70 5" "70 90" "5 90"; do click_image $point; done
key Return
expect_sql "the outline is a region now" "SELECT name FROM regions" region_1
key 2
for i in 1 2 3; do key Right; done
key 2
expect_sql "and digits mark it on its own rows" \
  "SELECT subject || ' ' || (end_frame - start_frame) FROM behavior_intervals WHERE subject <> ''" "region_1 4"
key ctrl+z ctrl+z
expect_sql "both are taken back" \
  "SELECT (SELECT count(*) FROM regions) || '-' || (SELECT count(*) FROM behavior_intervals)" 0-1

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
# --- a behavior that runs when the window closes: its end is where the person stood
key F3
key End
expect_state "the last frame shows" '.frame == 59'
key 1
key Left
key Left
expect_state "it runs backward as well" '.frame == 57 and .timeline.running == 1'
end_window
expect_sql "a start without an end is not lost when the window closes" \
  "SELECT start_frame || '-' || end_frame FROM behavior_intervals ORDER BY start_frame DESC LIMIT 1" 57-60
conclude
