#!/usr/bin/env bash
# Animals without a name in the real window: the list, the pictures, keys that name, undo.
# usage: unknown_screen_test.sh BIN_FOLDER
set -u
bin=$1
source "$(dirname "$0")/../support/screen.sh"

make_project 60
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 unknown || { say "FAILED: predictions"; exit 1; }
start_window || exit 1

open_review() { key F4; sleep 0.3; state '.mode == "review" and .review.unknown_x > 0'; }
wait_for 5 open_review
expect_state "the review panel has a tab of animals without a name" '.review.unknown_x > 0'
open_unknown() {
  xdotool mousemove $(jq -r '"\(.review.unknown_x | round) \(.review.unknown_y | round)"' "$work/state.json")
  sleep 0.15
  xdotool click 1
  sleep 0.3
  state .unknown.active
}
wait_for 5 open_unknown
expect_state "four are in it" '.unknown.active and .unknown.total == 4 and .unknown.open == 4'
xdotool mousemove 640 300
key space
expect_state "Space goes to one, says who it may be and shows it beside the animals" \
  '.unknown.tracklet >= 0 and (.unknown.guess | startswith("perhaps ")) and .unknown.pictures == 3 and .unknown.candidates == 2'
expect_state "it is selected while its frames are played" '.playing and .selected_annotation < 0'
first=$(state .unknown.tracklet)
key x
expect_state "X leaves it and shows another" ".unknown.tracklet != $first and .unknown.open == 4"
second=$(state .unknown.tracklet)
key 2
expect_sql "a digit names it wherever it is followed" \
  "SELECT count(*) FROM prediction_corrections JOIN categories ON categories.id = other_category_id
   WHERE number = $second AND categories.sort_order = (SELECT min(sort_order) + 1 FROM categories)" 1
expect_sql "and one frame of it is labeled" "SELECT count(*) FROM annotations" 1
expect_state "and the next one is shown" ".unknown.open == 3 and .unknown.tracklet != $second"
key ctrl+z
expect_sql "one undo takes all of it back" \
  "SELECT (SELECT count(*) FROM prediction_corrections) + (SELECT count(*) FROM annotations)" 0
expect_state "and it is in the list again" '.unknown.open == 4'
key space
key a
expect_state "A takes the guess" '.unknown.open == 3'
for _ in 1 2 3; do
  left=$(state .unknown.open)
  key a
  expect_state "and again" ".unknown.open == $((left - 1))"
done
expect_state "every animal has a name" '.unknown.open == 0 and .unknown.total == 4'
expect_sql "none is left without" \
  "SELECT count(*) FROM prediction_corrections JOIN categories ON categories.id = category_id
   WHERE supercategory = 'unknown name'" 4
# Whoever types faster than names are stored does not rename the one before.
for n in 1 2 3 4; do
  key ctrl+z
  expect_state "one more is in the list again" ".unknown.open == $n"
done
key space
first=$(state .unknown.tracklet)
xdotool key --delay 0 1 2
expect_state "of two digits at once the first names the animal that shows" '.unknown.open <= 3'
sleep 1
expect_sql "which keeps that name" \
  "SELECT count(*) FROM prediction_corrections JOIN categories ON categories.id = other_category_id
   WHERE number = $first AND sort_order = (SELECT min(sort_order) FROM categories)
   AND (SELECT count(*) FROM prediction_corrections WHERE number = $first) = 1" 1
# The panel of animals leads here.
all_back() { state '.unknown.open == 4' || { key ctrl+z; sleep 0.3; return 1; }; }
wait_for 10 all_back
expect_state "all are without a name again" '.unknown.open == 4'
key F2
expect_state "the panel of animals names it last" '.animals.rows.unknown != null'
xdotool mousemove $(jq -r '.animals.rows.unknown | "\(.[0] | round) \(.[1] | round)"' "$work/state.json")
sleep 0.15
xdotool click 1
expect_state "and a click there opens the list" '.mode == "review" and .unknown.active'
end_window
conclude
