#!/usr/bin/env bash
# The review in the real window: swap two animals from a frame on, accept an episode, correct one.
# usage: review_screen_test.sh BIN_FOLDER
set -u
bin=$1
source "$(dirname "$0")/../support/screen.sh"

make_project 60
"$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30 || { say "FAILED: predictions"; exit 1; }
start_window || exit 1
job=$(sql "SELECT id FROM jobs WHERE kind = 'predict'")

# --- a label of one frame before, and one after, to be swapped with the predictions
key F2
sleep 0.3
for frame in 20 40; do
  xdotool mousemove 5 5
  key Home
  for i in $(seq $((frame / 10))); do key shift+Right; done
  expect_state "frame $frame shows" ".frame == $frame and .view_frame == $frame"
  key ctrl+Return
  expect_sql "Ctrl+Enter takes the predictions of frame $frame" \
    "SELECT count(*) FROM annotations JOIN images ON images.id = image_id WHERE frame_index = $frame" 2
done
# --- carry the outlines to the next frame, and take that back
key ctrl+shift+b
expect_state "Ctrl+Shift+B goes on to the next frame" '.frame == 41 and .view_frame == 41 and .labels == 2'
expect_sql "with both outlines carried there, under their names" \
  "SELECT count(DISTINCT category_id) FROM annotations JOIN images ON images.id = image_id
   WHERE frame_index = 41 AND source = 'interpolated' AND keyframe = 0" 2
expect_sql "and moved: they are no copies" \
  "SELECT count(*) FROM annotations a JOIN annotations b ON b.category_id = a.category_id AND b.id <> a.id
   AND b.polygons = a.polygons JOIN images ON images.id = a.image_id WHERE frame_index = 41" 0
key ctrl+shift+b
expect_state "once more, to frame 42" '.frame == 42 and .labels == 2'
key ctrl+z
expect_state "undo goes back to where it changed something" '.frame == 42 and .labels == 0'
key ctrl+z
expect_state "step by step" '.frame == 41 and .labels == 0'

# --- fill the frames between two labeled ones
key Home shift+Right shift+Right shift+Right
expect_state "frame 30 lies between frames 20 and 40" '.frame == 30 and .view_frame == 30'
key ctrl+shift+i
expect_sql "Ctrl+Shift+I fills the 19 frames between them, for both animals" \
  "SELECT count(*) FROM annotations JOIN images ON images.id = image_id WHERE frame_index > 20
   AND frame_index < 40 AND source = 'interpolated' AND keyframe = 0" 38
expect_state "and they show" '.labels == 2'
key ctrl+z
expect_sql "one undo takes all of them back" "SELECT count(*) FROM annotations WHERE source = 'interpolated'" 0

# --- carry them on until there is doubt, or a label
xdotool mousemove 5 5
key Home shift+Right shift+Right
expect_state "frame 20 shows" '.frame == 20 and .view_frame == 20'
key ctrl+alt+b
expect_sql "Ctrl+Alt+B carries both animals on, frame by frame" \
  "SELECT count(DISTINCT category_id) || ' ' || (count(*) > 9) || ' ' || min(frame_index) FROM annotations
   JOIN images ON images.id = image_id WHERE source = 'interpolated' AND keyframe = 0" "2 1 21"
expect_state "and says how far" '[.messages[] | select(test("^Carried: .* frames on"))] | length == 1'
expect_sql "up to the labels of frame 40 at most" \
  "SELECT count(*) FROM annotations JOIN images ON images.id = image_id WHERE frame_index >= 40" 2
key ctrl+z
expect_sql "one undo takes all of that back" "SELECT count(*) FROM annotations WHERE source = 'interpolated'" 0
key Home shift+Right shift+Right shift+Right
expect_state "frame 30 shows again" '.frame == 30 and .view_frame == 30 and .labels == 0'

# --- a swap is shown before it is made
expect_state "the animals' panel shows" '.animals.change_x > 0'
xdotool mousemove $(jq -r '"\(.animals.change_x | round) \(.animals.change_y | round)"' "$work/state.json")
expect_state "over the swap, the canvas shows both animals as they would be" \
  '.canvas.preview | test("Preview. Frames 30 to 59: changes 1 labeled and 30 predicted frames")'
xdotool mousemove 640 300
expect_state "and only there" '.canvas.preview == ""'
expect_sql "nothing was changed by looking" "SELECT count(*) FROM prediction_corrections" 0

# --- renaming one animal, in the same panel
xdotool mousemove $(jq -r '"\(.animals.reassign_x | round) \(.animals.reassign_y | round)"' "$work/state.json") click 1
expect_state "renaming says that the two swap where both are" \
  '.animals.reach | test("changes 1 labeled and 30 predicted frames; 31 of them have both")'
xdotool mousemove $(jq -r '"\(.animals.change_x | round) \(.animals.change_y | round)"' "$work/state.json")
expect_state "and shows it first" '.canvas.preview | test("Preview. Frames 30 to 59")'
xdotool click 1
expect_sql "the click renames from this frame on" "SELECT label || ' ' || frame_index || ' ' || state
  FROM edits ORDER BY id DESC LIMIT 1" "Reassign animal 30 done"
expect_sql "in the predictions too" \
  "SELECT start_frame || '-' || end_frame FROM prediction_corrections WHERE kind = 'swap'" 30-60
xdotool mousemove 640 300
key ctrl+z
expect_sql "one undo takes it back" "SELECT count(*) FROM prediction_corrections" 0
expect_state "at the frame that it changed" '.frame == 30 and .view_frame == 30'

names_at() { sql "SELECT group_concat(category_id) FROM (SELECT category_id FROM annotations
  JOIN images ON images.id = image_id WHERE frame_index = $1 ORDER BY annotations.id)"; }
before=$(names_at 20) after=$(names_at 40)

# --- review: the worst episode first
key F4
expect_state "F4 is review mode" '.mode == "review"'
key space
expect_state "Space goes to the most suspicious episode" '.frame == 30 and .selected_episode > 0'
expect_state "and says why" '.review.reason | test("swapped")'
key ctrl+t
expect_sql "Ctrl+T swaps from this frame on" \
  "SELECT start_frame || '-' || end_frame FROM prediction_corrections WHERE kind = 'swap'" 30-60
swapped=$(echo "$after" | awk -F, '{print $2","$1}')
[ "$(names_at 40)" = "$swapped" ] && say "ok: labels after the frame swap too" || fail "labels at 40: $(names_at 40), not $swapped"
[ "$(names_at 20)" = "$before" ] && say "ok: labels before it stay" || fail "labels at 20"
[ "$(sql "SELECT count(*) FROM predictions WHERE frame_index = 40 AND category_id = ${after%,*}")" = 1 ] &&
  say "ok: the machine's rows stay as they were written" || fail "predictions were changed"
key ctrl+z
expect_sql "one undo takes the whole swap back" "SELECT count(*) FROM prediction_corrections" 0
[ "$(names_at 40)" = "$after" ] && say "ok: labels too" || fail "labels at 40 after undo"
key ctrl+shift+z
expect_sql "and redo brings it again" "SELECT count(*) FROM prediction_corrections" 1

# --- accept the episode: its predictions become labels under their corrected names
key a
expect_sql "A accepts the episode" "SELECT verdict FROM review_decisions" accepted
expect_sql "its ten frames are labeled" \
  "SELECT count(*) FROM images WHERE frame_index >= 30 AND frame_index < 40 AND state = 'done'" 10
expect_sql "by labels that say where they come from" \
  "SELECT count(*) FROM annotations WHERE source = 'accepted' AND job_id = $job" 24
expect_state "and the next episode shows" '.frame == 4 and .review.decided == 1'

# --- correct the other one: take a prediction as a label, drag a point of it
key F2
key ctrl+Return
expect_sql "taken to be corrected" \
  "SELECT count(*) FROM annotations JOIN images ON images.id = image_id WHERE frame_index = 4" 2
key v
read -r x y <<<"$(jq -r '[.[] | select(.category == 1)][0] | "\(.x) \(.y)"' \
  <<<"$(jq '[.images[] | select(.frame_index == 4) | .id] as $i | [.annotations[] | select(.image_id == $i[0])
    | {category: .category_id, x: (.bbox[0] + .bbox[2] / 2), y: (.bbox[1] + .bbox[3] / 2)}]' "$work/scene/instances.json")")"
click_image "$x" "$y"
expect_state "a click selects it" '.selected_annotation > 0'
shape() { sql "SELECT hex(polygons) FROM annotations WHERE id = $1"; }
selected=$(jq .selected_annotation "$work/state.json")
old=$(shape "$selected")
key alt+Right alt+Right alt+Right
expect_sql "arrows move it, and it is a person's now" "SELECT source FROM annotations WHERE id = $selected" drawn
[ "$(shape "$selected")" != "$old" ] && say "ok: the outline has moved" || fail "the outline did not move"
key F4
key c
expect_sql "C notes the correction" \
  "SELECT group_concat(verdict) FROM (SELECT verdict FROM review_decisions ORDER BY id)" accepted,corrected
expect_sql "the original prediction is as it was" \
  "SELECT count(*) FROM predictions WHERE frame_index = 4 AND job_id = $job" 2
expect_state "nothing is left to review" '.review.decided == .review.total'
end_window
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
conclude
