#!/usr/bin/env bash
# Meetings in the real window: both sides are shown, keys decide, undo takes it back.
# usage: meetings_screen_test.sh BIN_FOLDER
set -u
bin=$1
source "$(dirname "$0")/../support/screen.sh"

make_project 60
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 || { say "FAILED: predictions"; exit 1; }
start_window || exit 1

key F4
expect_state "the review panel shows its tabs" '.review.tabs_x > 0'
# A tab bar that has just appeared is laid out over two frames, so its tab is clicked until it answers.
open_meetings() {
  xdotool mousemove $(jq -r '"\(.review.tabs_x | round) \(.review.tabs_y | round)"' "$work/state.json")
  sleep 0.15
  xdotool click 1
  sleep 0.3
  state .meetings.active
}
wait_for 5 open_meetings
expect_state "one of them is about meetings" '.meetings.active and .meetings.total == 1 and .meetings.open == 1'
xdotool mousemove 640 300
key space
expect_state "Space goes to the meeting and shows both animals before and after it" \
  '.meetings.current > 0 and .meetings.sides == 4'
key x
expect_sql "X exchanges the two animals" "SELECT verdict FROM meeting_decisions" exchange
expect_sql "from the meeting on" \
  "SELECT kind || ' ' || start_frame || '-' || end_frame FROM prediction_corrections" "swap 30-60"
expect_sql "with the outlines that are one animal" "SELECT count(*) FROM known_pairs" 2
expect_state "and no meeting is open" '.meetings.open == 0'
key ctrl+z
expect_sql "one undo takes all of it back" "SELECT (SELECT count(*) FROM meeting_decisions) +
  (SELECT count(*) FROM known_pairs) + (SELECT count(*) FROM prediction_corrections)" 0
expect_state "and the meeting is open again" '.meetings.open == 1'
key space
key k
expect_sql "K keeps the names" "SELECT verdict FROM meeting_decisions" keep
expect_sql "which changes none" "SELECT count(*) FROM prediction_corrections" 0
key ctrl+z
expect_state "undone again" '.meetings.open == 1'
key space
key u
expect_sql "U says that nobody can tell" "SELECT verdict FROM meeting_decisions" unsure
end_window
conclude
