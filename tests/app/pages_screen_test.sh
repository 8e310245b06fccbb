#!/usr/bin/env bash
# The report, the results of a video, the table of videos and notes, with real mouse and keys on a
# small laptop's screen. With VOLE_SHOTS=FOLDER pictures of what was seen stay there.
# usage: pages_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
screen_size=1366x768
source "$(dirname "$0")/../support/screen.sh"
shot() { [ -n "${VOLE_SHOTS:-}" ] && sleep 0.5 && import -window root "$VOLE_SHOTS/$1.png"; true; }
palette() {
  key ctrl+k
  wait_for 10 state .popup || fail "the palette does not open"
  sleep 0.4
  xdotool type --delay 40 "$1"; sleep 0.3
  key Return; sleep 0.4
}
# place FILTER : "X Y" of two numbers in the state
place() { jq -r "$1 | \"\\(.[0] | round) \\(.[1] | round)\"" "$work/state.json"; }
click() { xdotool mousemove $(place "$1"); sleep 0.3; xdotool click 1; sleep 0.3; }
type_text() { xdotool type --delay 30 "$1"; sleep 0.2; }
must() { "$@" >/dev/null 2>"$work/error" || { say "FAILED: $*: $(cat "$work/error")"; exit 1; }; }

make_project 120
must "$bin/vole" import "$work/p.vole" --format coco "$work/scene/labels.json"
must "$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv"
must "$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 60
must "$bin/vole" synth "$work/other" --scene tiny --frames 30 --seed 7
must cp "$work/other/video.mp4" "$work/other/a_second_video_with_a_name_that_is_longer_than_most_2026-11-30_cage_4.mp4"
must "$bin/vole" add-video "$work/p.vole" "$work"/other/a_second*.mp4
second=$(sql "SELECT name FROM videos ORDER BY id DESC LIMIT 1")
sqlite3 "$work/p.vole" "UPDATE categories SET name = '鼠一' WHERE id = (SELECT min(id) FROM categories);
  UPDATE behavior_intervals SET subject = '鼠一' WHERE subject != '' AND subject NOT IN (SELECT name FROM categories);"
mkdir -p "$work/programs"
printf '#!/bin/sh\necho "$1" >%s\n' "$work/opened" >"$work/programs/xdg-open"
chmod +x "$work/programs/xdg-open"
PATH=$work/programs:$PATH
start_window || exit 1

# --- the report
palette "report..."
expect_state "the palette finds the report, which says what it would write" '.report.open and .report.planned == 2'
shot report
click '.report.motion'
expect_state "a click adds a file" '.report.planned == 3'
click '.report.write'
expect_state "it says where the files are" '.report.news | startswith("Written to")'
for file in budget.csv ethogram.svg motion-summary.csv; do
  [ -s "$work/p-report/$file" ] && say "ok: $file is there" || fail "$file"
done
shot report_written
click '.report.open_folder'
wait_for 10 test -s "$work/opened" && [ "$(cat "$work/opened")" = "$work/p-report" ] &&
  say "ok: the folder is opened" || fail "the folder is not opened"
key Escape
expect_state "Escape closes the report" '.report.open | not'

# --- results
key F5
expect_state "F5 shows the results" '.mode == "results"'
expect_state "they are measured" '.results.revision == .revision and .results.animals == 2 and .results.rows > 0'
expect_state "the timeline is there" '.timeline.revision == .revision'
shot results
x=$(jq '.results.curves | (.[0] + .[2]) / 2 | round' "$work/state.json")
y=$(jq '.results.curves | (.[1] * 3 + .[3]) / 4 | round' "$work/state.json")
xdotool mousemove "$x" "$y"
expect_state "the mouse over a curve tells the frame" '.results.tip_frame >= 58 and .results.tip_frame <= 62'
shot results_tip
xdotool click 1
expect_state "a click on it goes there" '.frame >= 58 and .frame <= 62'
palette "save the curves"
sleep 0.5
shot results_save
key Return
wait_for 10 test -s "$work/video-curves.csv" && say "ok: the curves are a table" || fail "no video-curves.csv"
grep -q 'speed_px_s' "$work/video-curves.csv" && say "ok: it says the unit" || fail "no unit"
click '.results.save_budget'
expect_state "Save... asks which kind" '.popup'
shot results_kinds
key Escape
before=$(jq .results.revision "$work/state.json")

# --- all videos
key F6
expect_state "F6 shows the table of videos" '.mode == "videos" and .videos.found == 2'
sleep 1
shot videos
click ".videos.at[\"row $second\"]"
click '.videos.at.note'
type_text "dim light"
key Return
expect_sql "a note about a video is kept" "SELECT note FROM notes WHERE frame_index IS NULL" "dim light"
click '.videos.at.flag'
expect_sql "and flagged" "SELECT flagged FROM notes WHERE frame_index IS NULL" 1
click '.videos.at.filter'
type_text "dim"
expect_state "the filter finds the note" '.videos.found == 1'
shot videos_note
xdotool key --clearmodifiers ctrl+a; xdotool key BackSpace
expect_state "an empty filter shows all" '.videos.found == 2'
click '.videos.at.all'
click '.videos.at["videos.test"]'
labeled=$(sql "SELECT count(*) FROM images WHERE state != 'new'")
expect_sql "all labeled frames are kept for the test" "SELECT count(*) FROM images WHERE split = 'test'" "$labeled"
shot videos_test
key ctrl+z
expect_sql "one undo lets them train again" "SELECT count(*) FROM images WHERE split = 'test'" 0
click ".videos.at[\"row $second\"]"
click '.videos.at["videos.report"]'
expect_state "a report on the chosen video says why there can be none" '.report.open and (.report.error | test("no video has predictions"))'
shot videos_report
key Escape
expect_state "Escape closes it" '.report.open | not'
click '.videos.at["videos.remove"]'
expect_state "removing asks before" '.videos.asks_to_remove'
shot videos_remove
click '.videos.at.remove'
expect_sql "the chosen video is removed" "SELECT count(*) FROM videos" 1

# --- a bout by numbers, its note and flag
key F3
behavior=$(sql "SELECT name FROM behaviors JOIN behavior_intervals ON behavior_id = behaviors.id GROUP BY behaviors.id ORDER BY count(*) DESC LIMIT 1")
read -r bout start end subject <<<"$(sqlite3 -readonly -separator ' ' "$work/p.vole" "SELECT behavior_intervals.id, start_frame, end_frame, subject FROM behavior_intervals
  JOIN behaviors ON behaviors.id = behavior_id WHERE behaviors.name = '$behavior' ORDER BY end_frame - start_frame DESC LIMIT 1")"
expect_state "the rows are read" '.timeline.revision == .revision and (.timeline.lanes | length) > 2'
lane=$(jq -r --arg b "$behavior" --arg s "$subject" '.timeline.lanes | keys[] | select(contains($b)) | select($s == "" or contains($s))' "$work/state.json" | head -1)
read -r x y <<<"$(lane_at "$lane" $(((start + end) / 2)))"
xdotool mousemove "$x" $((y - 4)) click 1
expect_state "a click selects the bout" ".selected_interval == $bout"
expect_state "its numbers show" '.bout_editor.from[0] > 0'
click '.bout_editor.from'
xdotool key --clearmodifiers ctrl+a
type_text $((start + 1))
key Return
expect_sql "its start is typed" "SELECT start_frame FROM behavior_intervals WHERE id = $bout" $((start + 1))
click '.bout_editor.note'
type_text "left paw"
key Return
expect_sql "a note about it is kept" "SELECT note FROM behavior_intervals WHERE id = $bout" "left paw"
key Escape
xdotool mousemove 640 300; sleep 0.2
key ctrl+f
expect_sql "Ctrl+F flags it" "SELECT flagged FROM behavior_intervals WHERE id = $bout" 1
shot bout
key ctrl+m
expect_state "the notes show" '.notes.open and .notes.places == 1'
type_text "sneezes"
key Return
expect_sql "a note about the frame is kept" "SELECT note FROM notes WHERE frame_index IS NOT NULL" "sneezes"
shot notes
key Escape
key ctrl+z
expect_sql "and undone" "SELECT count(*) FROM notes WHERE frame_index IS NOT NULL" 0

# --- nothing that was typed or chosen is lost on the way
sqlite3 -cmd '.timeout 5000' "$work/p.vole" "UPDATE behavior_intervals SET author = 'adam' WHERE id = $bout"
sleep 0.5
click '.bout_editor.from'
key Return
sleep 0.5
expect_sql "Enter on numbers that stay leaves the bout to its scorer" "SELECT author FROM behavior_intervals WHERE id = $bout" adam
click '.bout_editor.note'
type_text ", then right"
read -r x y <<<"$(lane_at "$lane" "$end")"
read -r to ignored <<<"$(lane_at "$lane" $((end - 2)))"
drag "$x" $((y - 4)) "$to" $((y - 4))
expect_sql "an edge is dragged while a note is typed" "SELECT end_frame < $end FROM behavior_intervals WHERE id = $bout" 1
expect_sql "and the note is kept" "SELECT note FROM behavior_intervals WHERE id = $bout" "left paw, then right"
expect_sql "with its flag" "SELECT flagged FROM behavior_intervals WHERE id = $bout" 1
key Home
key ctrl+space
sleep 0.4
key ctrl+m
expect_state "a note is begun while the video plays, which stops it" '.notes.open and .notes.frame == .frame'
noted=$(jq .notes.frame "$work/state.json")
type_text "jumps"
[ "$(jq .frame "$work/state.json")" = "$noted" ] && say "ok: the frame stays" || fail "the frame went on while a note was typed"
free=$(sql "WITH RECURSIVE f(n) AS (SELECT 5 UNION ALL SELECT n + 1 FROM f WHERE n < 115) SELECT n FROM f WHERE NOT EXISTS
  (SELECT 1 FROM behavior_intervals b JOIN behaviors ON behaviors.id = behavior_id WHERE behaviors.name = '$behavior'
    AND subject = '$subject' AND n BETWEEN start_frame - 4 AND end_frame + 3) ORDER BY n DESC LIMIT 1")
read -r x y <<<"$(lane_at "$lane" "$free")"
xdotool mousemove "$x" $((y - 4)); sleep 0.2; xdotool click 1
expect_state "a click goes to another frame" ".frame != $noted"
expect_sql "the note is where it was typed" "SELECT frame_index || note FROM notes WHERE frame_index IS NOT NULL" "${noted}jumps"
key ctrl+m
expect_state "Ctrl+M closes the notes" '.notes.open | not'
xdotool mousemove 640 300
key End
expect_state "End goes to the last frame" '.frame == 119'
last=119
key ctrl+f
expect_sql "Ctrl+F far from the bout flags the frame in view" "SELECT flagged FROM notes WHERE frame_index = $last" 1
expect_sql "and leaves the bout as it was" "SELECT flagged FROM behavior_intervals WHERE id = $bout" 1
expect_state "the flag is on the timeline" '.timeline.flags == 1'
shot flags
revision=$(jq .revision "$work/state.json")
sqlite3 -cmd '.timeout 5000' "$work/p.vole" "UPDATE behavior_intervals SET end_frame = start_frame + 7 WHERE id = $bout"
expect_state "what another program changes is seen" ".revision > $revision"
palette "save the ethogram"
sleep 0.5
key Return
wait_for 10 test -s "$work/video-ethogram.csv" && say "ok: an ethogram is saved" || fail "no video-ethogram.csv"
grep -q ",$((start + 1)),$((start + 7))," "$work/video-ethogram.csv" && say "ok: as the project is now" ||
  fail "the ethogram is old: $(cat "$work/video-ethogram.csv")"
key F5
expect_state "results follow what was changed" ".results.revision == .revision and .results.revision > $before"

end_window
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
expect_sound
conclude
