#!/usr/bin/env bash
# Small habits of the real window that people stumble over: what a key, a panel or a button does
# while something else is shown.
# usage: habits_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
source "$(dirname "$0")/../support/screen.sh"

make_project 60
"$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv" --json >/dev/null 2>&1
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 || { say "FAILED: predictions"; exit 1; }
behavior=$(sql "SELECT behavior_id FROM behavior_intervals GROUP BY behavior_id ORDER BY count(*) DESC LIMIT 1")
sqlite3 "$work/p.vole" "UPDATE behavior_intervals SET present = 0
  WHERE id = (SELECT min(id) FROM behavior_intervals WHERE behavior_id = $behavior)"
echo '{"seen_walkthrough":false}' >"$work/config/vole/preferences.json"
start_window || exit 1

# --- the walk-through brings the panel it speaks of up, without the mouse being moved
expect_state "the walk-through opens for a newcomer" '.walkthrough.open and .right == "animals"'
xdotool mousemove $(jq -r '"\(.walkthrough.next_x | round) \(.walkthrough.next_y | round)"' "$work/state.json")
sleep 0.5
xdotool click 1
expect_state "its second page is about behavior" '.walkthrough.page == 1 and .mode == "behavior"'
expect_state "and the panel of behaviors shows" '.right == "behaviors"'
bouts=$(sql "SELECT count(*) FROM behavior_intervals WHERE behavior_id = $behavior AND present = 1")
expect_state "an explicit NOT is no bout" ".bouts[\"$behavior\"] == $bouts"
xdotool mousemove 640 300 click 1

# --- Escape closes a menu
key F2
xdotool mousemove 24 10 click 1
expect_state "a click opens the menu" '.popup'
key Escape
expect_state "Escape closes it" '.popup | not'

# --- the same video again
key ctrl+shift+a
sleep 0.7
xdotool type --delay 30 "$work/scene/video.mp4"
key Return
expect_state "a video that is there already is said to be" '.messages | any(test("in the project already, as video"))'
expect_sql "and is not added twice" "SELECT count(*) FROM videos" 1
sleep 5
expect_state "a passing message goes away while the window is idle" '[.messages[] | select(test("already"))] | length == 0'

# --- a span starts as the episode that is looked at
key F4
key space
expect_state "the first episode shows" '.frame == 30 and .selected_episode > 0'
accept=$(jq .review.accept_y "$work/state.json")
key F2
expect_state "the animals' panel shows" '.right == "animals" and .animals.span_x > 0'
xdotool mousemove $(jq -r '"\(.animals.span_x | round) \(.animals.span_y | round)"' "$work/state.json")
sleep 0.3
xdotool click 1
expect_state "the span is the episode's" '.animals.reach | test("^Frames 30 to 39:")'

# --- the buttons of the review stay where they are
key F4
key a
expect_state "the next episode shows" '.frame == 4 and .review.decided == 1'
expect_state "and Accept is where it was" ".review.accept_y == $accept"

end_window
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
expect_sound
conclude
