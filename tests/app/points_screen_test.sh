#!/usr/bin/env bash
# Key points in the real window: a skeleton is made, and points are set, moved, hidden, nudged,
# swapped, copied and taken back, on a predicted animal and on one that has no outline.
# usage: points_screen_test.sh BIN_FOLDER [PICTURES_FOLDER]
set -u
bin=$(cd "$1" && pwd)
pictures=${2:-}
source "$(dirname "$0")/../support/screen.sh"

make_project 40
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 || { say "FAILED: predictions"; exit 1; }
start_window || exit 1
# need NAME : what follows rests on all before it; ends here where that has failed
need() { [ $failures -eq 0 ] || { shot "failed_$1"; conclude; }; }
shot() {
  [ -n "$pictures" ] && command -v import >/dev/null || return 0
  sleep 0.5
  import -window root "$pictures/$1.png"
}
right_click_image() { xdotool mousemove $(at "$1" "$2"); sleep 0.12; xdotool click 3; sleep 0.15; }
point_at() { xdotool mousemove 700 60; sleep 0.15; xdotool mousemove $(at "$1" "$2"); sleep 0.3; }
plus() { awk "BEGIN {print $1 + $2}"; }
button() { xdotool mousemove $(jq -r "$1 | \"\(.[0] | round) \(.[1] | round)\"" "$work/state.json"); sleep 0.2; xdotool click 1; sleep 0.2; }
# points FRAME : of every label, "animal: point x,y ..."; h: hidden; [] : it has an outline
points() {
  sql "SELECT categories.name || CASE WHEN polygons IS NULL OR polygons = '[]' OR length(polygons) < 3 THEN '' ELSE '[]' END || ':' ||
         (SELECT coalesce(group_concat(' ' || name || ' ' || CAST(round(annotation_points.x) AS INT) || ',' || CAST(round(annotation_points.y) AS INT) ||
                 CASE visible WHEN 0 THEN 'h' ELSE '' END, ''), '')
          FROM (SELECT * FROM annotation_points WHERE annotation_id = annotations.id ORDER BY point_id) AS annotation_points
          JOIN skeleton_points ON skeleton_points.id = point_id)
       FROM annotations JOIN images ON images.id = image_id JOIN categories ON categories.id = category_id
       WHERE frame_index = $1 ORDER BY annotations.id" | paste -sd';'
}
check_points() { [ "$(points "$1")" = "$2" ]; }
expect_points() { wait_for 20 check_points "$2" "$3" && say "ok: $1" || fail "$1: '$(points "$2")', not '$3'"; }

# --- the skeleton
key Home
key k
expect_state "without a skeleton the tool offers to make one" '.canvas.tool == "points" and .canvas.make_skeleton[0] > 0'
shot points_none
button .canvas.make_skeleton
expect_state "a small window opens" '.skeleton.open and .skeleton.error == ""'
shot skeleton_window
xdotool type --delay 30 "vole"
button .skeleton.points
key ctrl+a
for name in snout left_ear right_ear tail; do
  [ $name = snout ] || key Return
  xdotool type --delay 40 $name
  sleep 0.2
done
expect_state "a line to a point that is not there is said" '.skeleton.error | test("nose|neck")'
shot skeleton_error
key Tab
key ctrl+a
xdotool type --delay 30 "snout-left_ear, snout-right_ear, snout-tail"
expect_state "then it can be made" '.skeleton.error == ""'
button .skeleton.make
expect_state "the window closes, and no letter was a command" '(.skeleton.open | not) and .canvas.tool == "points"'
expect_sql "it is stored with its lines" "SELECT (SELECT count(*) FROM skeleton_points) || ' ' || (SELECT count(*) FROM skeleton_edges) || ' ' || (SELECT name FROM skeletons)" "4 3 vole"
expect_sql "left and right are partners by their names" "SELECT group_concat(name) FROM (SELECT name FROM skeleton_points WHERE partner_id IS NOT NULL ORDER BY name)" "left_ear,right_ear"

need skeleton

# --- a predicted animal
first=$(sql "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1")
second=$(sql "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1 OFFSET 1")
read -r x y <<<"$(sql "SELECT CAST(predictions.x + width / 2 AS INT) || ' ' || CAST(predictions.y + height / 2 AS INT) FROM predictions JOIN categories ON categories.id = category_id WHERE frame_index = 0 AND name = '$first'")"
key shift+f
xdotool mousemove $(at "$x" "$y"); sleep 0.3
expect_state "the next point and its animal are announced" ".canvas.next_point == \"snout of $first\""
click_image "$x" "$y"
expect_points "a click in a predicted animal makes it a label with a point" 0 "$first[]: snout $x,$y"
expect_state "which is selected, and the next point's turn has come" ".selected_annotation > 0 and .canvas.next_point == \"left_ear of $first\""
left=$(plus $x 20) right=$(plus $x 20) above=$(plus $y -14) below=$(plus $y 14) tail=$(plus $x 40)
click_image "$left" "$above"
right_click_image "$right" "$below"
click_image "$tail" "$y"
all="snout $x,$y left_ear $left,$above right_ear $right,${below}h tail $tail,$y"
expect_points "a right click sets a hidden one" 0 "$first[]: $all"
shot points_set

need set

# --- moved, hidden, undone
drag $(at "$tail" "$y") $(at "$(plus $x 60)" "$(plus $y 6)")
expect_points "a point is dragged" 0 "$first[]: ${all% tail*} tail $(plus $x 60),$(plus $y 6)"
key ctrl+z
expect_points "and back in one step" 0 "$first[]: $all"
right_click_image "$left" "$above"
expect_points "a right click on a point hides it" 0 "$first[]: snout $x,$y left_ear $left,${above}h right_ear $right,${below}h tail $tail,$y"
key ctrl+z
point_at "$left" "$above"
key Delete
expect_points "Delete makes the one under the mouse absent" 0 "$first[]: snout $x,$y right_ear $right,${below}h tail $tail,$y"
key ctrl+z
expect_points "Ctrl+Z brings it back" 0 "$first[]: $all"
key x
expect_points "left and right change places" 0 "$first[]: snout $x,$y left_ear $right,${below}h right_ear $left,$above tail $tail,$y"
key ctrl+z
point_at "$tail" "$y"
key alt+Right
key alt+Down
expect_points "Alt+arrows nudge" 0 "$first[]: ${all% tail*} tail $(plus $tail 1),$(plus $y 1)"
expect_state "the arrows alone have not been used for it" '.frame == 0'

need moved

# --- one without an outline
key Return
expect_state "Enter ends the animal" '.selected_annotation == 0'
xdotool mousemove $(at 12 12); sleep 0.3
expect_state "who is predicted is not taken to be somewhere else" '.canvas.next_point == ""'
key 2
expect_state "unless a person says so" ".canvas.next_point == \"snout of $second\""
click_image 12 12
expect_state "beside all others it is the next animal's turn" ".canvas.next_point == \"left_ear of $second\""
key Tab
expect_state "Tab goes on to another point" ".canvas.next_point == \"right_ear of $second\""
click_image 30 22
moved="$first[]: ${all% tail*} tail $(plus $tail 1),$(plus $y 1)"
expect_points "an animal may have points alone" 0 "$moved;$second: snout 12,12 right_ear 30,22"
expect_state "no point of it is lost" '.labels == 2'
key Delete
expect_state "Delete on one that is not there only goes on" ".canvas.next_point == \"left_ear of $second\""
key shift+k
shot points_two
key shift+k

# --- to the next frame
key Right
expect_state "a new frame begins" '.view_frame == 1 and .selected_annotation == 0 and .labels == 0'
key shift+b
expect_points "points are copied from the labeled frame before" 1 "$first: ${all% tail*} tail $(plus $tail 1),$(plus $y 1);$second: snout 12,12 right_ear 30,22"
key ctrl+z
expect_points "in one step" 1 ""

# --- a click on the picture of the frame before
key Home
key Right
expect_state "back in the frame" '.frame == 1 and .view_frame == 1 and .picture_frame == 1'
read -r x y <<<"$(sql "SELECT CAST(predictions.x + width / 2 AS INT) || ' ' || CAST(predictions.y + height / 2 AS INT) FROM predictions JOIN categories ON categories.id = category_id WHERE frame_index = 1 AND name = '$first'")"
xdotool mousemove $(at "$x" "$y"); sleep 0.3
kill -STOP $program # both come at once, before any picture can be read
xdotool key Right click 1
sleep 0.2
kill -CONT $program
expect_state "a click that comes before the picture is refused" '[.messages[]?] | any(test("Frame 2 is still being read"))'
expect_state "the frame is there then" '.frame == 2 and .view_frame == 2 and .picture_frame == 2'
expect_points "and nothing was put into it" 2 ""
expect_points "nor into the one that was seen" 1 ""
click_image "$x" "$y"
expect_points "a click on the frame that is seen is as good as ever" 2 "$first[]: snout $x,$y"
key ctrl+z
expect_points "and taken back" 2 ""
end_window

# --- predicted points
sqlite3 "$work/p.vole" "INSERT INTO prediction_points (prediction_id, point_id, x, y, confidence)
  SELECT predictions.id, skeleton_points.id, predictions.x + 4 + 6 * sort_order, predictions.y + height / 2, 0.8 FROM predictions, skeleton_points WHERE frame_index = 1"
start_window || exit 1
key Home
key Right
key k
expect_state "a frame with predicted points" '.view_frame == 1 and .labels == 0 and .predictions == 2'
shot points_predicted
read -r x y <<<"$(sql "SELECT CAST(prediction_points.x AS INT) || ' ' || CAST(prediction_points.y AS INT) FROM prediction_points JOIN predictions ON predictions.id = prediction_id JOIN categories ON categories.id = category_id JOIN skeleton_points ON skeleton_points.id = point_id WHERE categories.name = '$first' AND skeleton_points.name = 'snout'")"
drag $(at "$x" "$y") $(at "$(plus $x 2)" "$(plus $y -20)")
expect_sql "the first change of a prediction's points takes all of them over" "SELECT count(*) FROM annotation_points JOIN annotations ON annotations.id = annotation_id JOIN images ON images.id = image_id WHERE frame_index = 1" 4
expect_state "as a label of its animal" '.labels == 1 and .selected_annotation > 0'
key ctrl+z
expect_points "in one step" 1 ""
end_window
labels=$("$bin/vole" skeleton "$work/p.vole" --json | jq -r '.skeletons[0] | "\(.labels) \(.points | map(.labels) | join(","))"')
[ "$labels" = "2 2,1,2,1" ] && say "ok: vole skeleton counts the labels" || fail "vole skeleton: $labels"
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
expect_sound
conclude
