#!/usr/bin/env bash
# What is there is changed in the real window: names, behaviors and their keys, predictions,
# proposed frames.
# usage: editing_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
source "$(dirname "$0")/../support/screen.sh"

make_project 60
"$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv" --json >/dev/null 2>&1
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 || { say "FAILED: predictions"; exit 1; }
sqlite3 "$work/p.vole" "INSERT INTO categories (name, supercategory, color, sort_order) VALUES ('мышь 鼠', '', 0, 99)"
start_window || exit 1
double_click() { xdotool mousemove $1 $2; sleep 0.3; xdotool click --repeat 2 --delay 60 1; sleep 0.4; }
plus() { awk "BEGIN {print $1 + $2}"; }
# middle PATH : window position that the state has there, as [x, y]
middle() { jq -r "$1 | \"\(.[0] | round) \(.[1] | round)\"" "$work/state.json"; }

# --- names in other scripts
expect_state "Cyrillic letters are there, and it is said once where no font has Chinese ones" \
  '(.glyphs.missing == 0) or ([.messages[] | select(test("no installed font"))] | length == 1)'

# --- renaming takes the keyboard: letters are no commands
name=$(sql "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1")
double_click $(middle ".animals.rows[\"$name\"]")
expect_state "a double-click on a name opens it" '.animals.renaming > 0'
xdotool type --delay 40 "dnm small"
key Return
expect_sql "what is typed is the new name" "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1" "dnm small"
expect_sql "and no letter has marked the frame" "SELECT count(*) FROM images WHERE state IN ('done', 'empty')" 0
expect_state "nor taken another tool" '.canvas.tool == "select" and .animals.renaming == 0'
sleep 0.3
double_click $(middle '.animals.rows["dnm small"]')
xdotool type --delay 40 "other"
key Escape
expect_state "Escape leaves the name" '.animals.renaming == 0'
expect_sql "as it was" "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1" "dnm small"
key ctrl+z
expect_sql "and one undo brings the first name back" "SELECT name FROM categories ORDER BY sort_order, id LIMIT 1" "$name"

# --- a prediction is corrected by touching it
key ctrl+g
xdotool type --delay 40 32
key Return
expect_state "the frame has predictions and no labels" '.view_frame == 32 and .predictions > 0 and .labels == 0'
read -r x y <<<"$(sql "SELECT (x + width / 2) || ' ' || (y + height / 2) FROM predictions WHERE frame_index = 32 ORDER BY id LIMIT 1")"
key v
click_image "$x" "$y"
expect_state "a click selects a prediction" '.selected_annotation < 0'
drag $(at "$x" "$y") $(at "$(plus $x 6)" "$(plus $y 4)")
expect_sql "dragging it makes it a label" "SELECT count(*) FROM annotations WHERE source = 'drawn' AND job_id IS NOT NULL" 1
expect_state "which is selected" '.selected_annotation > 0 and .labels == 1'
key ctrl+z
expect_sql "in one step" "SELECT count(*) FROM annotations" 0
expect_state "the prediction is there again" '.labels == 0'
sleep 0.5
key e
drag $(at "$x" "$y") $(at "$(plus $x 30)" "$y")
expect_sql "the eraser works on a prediction too" "SELECT count(*) FROM annotations" 1
key ctrl+z
expect_sql "in one step as well" "SELECT count(*) FROM annotations" 0
key v

# --- behaviors: name and key
key F3
key Home
expect_state "the list of behaviors shows" '.right == "behaviors" and (.behavior_rows | length > 1)'
behavior=$(sql "SELECT name FROM behaviors ORDER BY id LIMIT 1")
double_click $(middle ".behavior_rows[\"$behavior\"]")
expect_state "a double-click opens a behavior" '.edits_behavior > 0'
xdotool type --delay 40 "wander"
key Tab
xdotool type --delay 40 "w"
key Return
expect_sql "it has a new name and a key" "SELECT name || ' ' || shortcut FROM behaviors ORDER BY id LIMIT 1" "wander w"
sqlite3 -cmd '.timeout 5000' "$work/p.vole" "DELETE FROM behavior_intervals"
expect_state "its rows are empty" '.timeline.revision == .revision'
sleep 1.2
key w
expect_state "its letter starts it" '.timeline.running == 1'
for i in 1 2 3; do key Right; done
key w
expect_sql "and ends it" "SELECT name || ' ' || start_frame || '-' || end_frame FROM behavior_intervals JOIN behaviors ON behaviors.id = behavior_id" "wander 0-4"

# --- proposed frames are kept
key F2
key ctrl+p
expect_sql "frames are proposed, as rows of the project" "SELECT count(*) > 3 FROM images WHERE state = 'new'" 1
expect_state "the list of videos counts them" '.library.counts["1"].proposed > 3'
end_window
start_window || exit 1
key Home
key period
expect_sql "after a restart . goes to one that nobody has labeled" "SELECT state FROM images WHERE frame_index = $(wait_for 5 state '.frame > 0'; jq .frame "$work/state.json")" new
end_window
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
expect_sound
conclude
