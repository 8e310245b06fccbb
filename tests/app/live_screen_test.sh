#!/usr/bin/env bash
# A recording on the page Live, with real mouse and keys on a small laptop's screen: a file and a pipe
# in place of a camera. With VOLE_SHOTS=FOLDER pictures of what was seen stay there.
# usage: live_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
screen_size=${VOLE_SCREEN:-1366x768}
source "$(dirname "$0")/../support/screen.sh"
command -v ffmpeg >/dev/null || { echo "[skipped] ffmpeg is not installed"; exit 0; }
shot() { [ -n "${VOLE_SHOTS:-}" ] && sleep 0.5 && import -window root "$VOLE_SHOTS/$1.png"; true; }
# place FILTER : "X Y" of the first two numbers in the state
place() { jq -r "$1 | \"\\(.[0] | round) \\(.[1] | round)\"" "$work/state.json"; }
click() { xdotool mousemove $(place ".live.at[\"$1\"]"); sleep 0.3; xdotool click 1; sleep 0.3; }
# fill FIELD TEXT : instead of what stands there
fill() {
  click "$1"
  xdotool key --clearmodifiers ctrl+a
  if [ -n "$2" ]; then xdotool type --delay 15 "$2"; else xdotool key BackSpace; fi
  sleep 0.3
}
# Where animal N of those that are shown is on the window.
animal_at() {
  jq -r --argjson n "$1" '.live | "\((.picture[0] + .animals[$n][1] * .picture[2]) | round) \((.picture[1] + .animals[$n][2] * .picture[2]) | round)"' "$work/state.json"
}
choose_file() { # FILE
  click File
  sleep 0.3
  fill source_text "$1"
}
trap 'umount "$work/small" 2>/dev/null; finish' EXIT
make_project 30
# Two dark discs that walk to and fro on a light ground: 25 frames a second, 8 seconds again and again.
disc() { echo "if(lt(hypot(X-(30+260*abs(mod(N,200)-100)/100),Y-75),11)+lt(hypot(X-(290-260*abs(mod(N+60,200)-100)/100),Y-170),11),40,$1)"; }
ffmpeg -v error -f lavfi -i "color=c=black:s=320x240:r=25:d=8,format=gbrp,geq=r='$(disc 176)':g='$(disc 176)':b='$(disc 168)'" \
  -c:v libx264 -preset ultrafast -crf 10 -pix_fmt yuv420p -y "$work/once.mkv" &&
  ffmpeg -v error -stream_loop 5 -i "$work/once.mkv" -c copy -y "$work/day1.mkv" || { say "FAILED: no scene"; exit 1; }
start_window || exit 1

# --- what is filled in
key F7
expect_state "F7 shows the page" '.mode == "live"'
shot form
click Camera
click start
expect_state "a camera that is not there is said" '.live.outcome | test("no such camera|video0")'
shot no_camera
choose_file "$work/day1.mkv"
click start
expect_state "it runs" '.live.running and .live.shown_frame >= 0'
expect_state "the ground is learned first" '.live.takes_clicks'
# --- clicks while the ground is learned; the lower one first
click_animal() { # Y PHASE : where that disc is now
  local frame x
  frame=$(jq .live.shown_frame "$work/state.json")
  x=$(awk -v n="$frame" -v lower="$1" 'BEGIN { m = lower ? (n + 60) % 200 - 100 : n % 200 - 100; if (m < 0) m = -m
    print lower ? 290 - 2.6 * m : 30 + 2.6 * m }')
  xdotool mousemove $(jq -r --argjson x "$x" --argjson y $(($1 ? 170 : 75)) '.live.picture as $p | "\(($p[0] + $x * $p[2]) | round) \(($p[1] + $y * $p[2]) | round)"' "$work/state.json") click 1
}
sleep 1
click_animal 1
click_animal 0
expect_state "clicks are taken" '.live.clicks == 2'
shot clicks
expect_state "outlines come with names" '(.live.animals | length) == 2 and .live.outlines'
expect_state "the one that was clicked first is number 1" \
  '[.live.animals[] | select(.[0] == "animal_1")][0][2] > 140 and [.live.animals[] | select(.[0] == "animal_2")][0][2] < 100'
shot outlines
key F2
expect_state "the project can be worked on meanwhile" '.mode == "label" and .live.running'
key ctrl+w
expect_state "closing the project asks" '.popup'
shot asks
key Escape
expect_state "and Escape goes on recording" '(.popup | not) and .live.running'
key F7
before=$(jq .live.frames "$work/state.json")
expect_state "frames are counted" ".live.frames > $before"
shot figures
click stop
expect_state "Stop ends it, and the recording is opened with its tracks" \
  '(.live.running | not) and .mode == "label" and .predictions == 2 and .video_id == 2'
expect_state "it says what came of it" '[.messages[] | select(test("Recorded as the video"))] | length > 0'
shot recorded
recorded=$(sql "SELECT frame_count FROM videos WHERE id = 2")
[ "$recorded" -gt 60 ] && say "ok: $recorded frames are in the project" || fail "only $recorded frames"
expect_sql "with two tracks" "SELECT count(DISTINCT tracklet) FROM predictions WHERE video_id = 2" 2
expect_sql "the job is done" "SELECT state FROM jobs ORDER BY id DESC LIMIT 1" done

# --- a pipe that breaks and comes back
mkfifo "$work/pipe"
key F7
choose_file "$work/pipe"
click start
expect_state "a pipe is waited for" '.live.running and .live.opened and .live.shown_frame < 0'
feed() { ffmpeg -v quiet -re -ss "$1" -t "$2" -i "$work/day1.mkv" -c:v mpeg4 -q:v 4 -f matroska -y "$work/pipe" </dev/null & }
feed 0 6
expect_state "it gives pictures" '.live.shown_frame > 5'
expect_state "its end is said" '.live.lines | map(select(test("nobody writes to it any more; waiting"))) | length > 0'
expect_state "and that no picture comes" '.live.silent'
shot stalled
feed 6 25
expect_state "it goes on when somebody writes again" '.live.silent | not'
expect_state "and says so" '.live.lines | map(select(test("pictures again"))) | length > 0'
sleep 1
click stop
expect_state "the recording with a gap is a video, too" '(.live.running | not) and .video_id == 3'
expect_sql "of both parts" "SELECT frame_count > 120 FROM videos WHERE id = 3" 1

# --- a folder that cannot be written, and a full disk
key F7
choose_file "$work/day1.mkv"
fill out_text "/proc/nowhere/live.mkv"
click start
expect_state "a folder that cannot be written is said" '.live.failed and (.live.outcome | test("/proc/nowhere"))'
shot unwritable
if mkdir "$work/small" && mount -t tmpfs -o size=1m tmpfs "$work/small" 2>/dev/null; then
  head -c 1010000 /dev/zero >"$work/small/filler"
  fill out_text "$work/small/live.mkv"
  click start
  expect_state "it records onto the small disk" '.live.frames > 0 or .live.failed'
  wait_for 40 state '.live.failed' && state '.live.outcome | test("No space left|room")' >/dev/null &&
    say "ok: a full disk is said" || fail "a full disk: $(jq .live.outcome "$work/state.json")"
  shot full
  expect_state "what came until then is a video" '.live.video_id == 4 and (.live.outcome | test("What came until then"))'
else
  say "[skipped] no small disk can be mounted here"
fi

# --- the window is closed while it records
fill out_text ""
click start
expect_state "it runs again" '.live.running and .live.shown_frame > 50 and .live.shown_frame < 600'
xdotool key --clearmodifiers ctrl+q
expect_state "quitting asks" '.popup'
key Escape
expect_state "no answer is no" '(.popup | not) and .live.running'
xdotool key --clearmodifiers ctrl+q
expect_state "quitting asks again" '.popup and .end_button[0] > 0'
shot quits
sleep 0.4
xdotool mousemove $(place .end_button); sleep 0.3; xdotool click 1
wait_for 60 eval "! kill -0 $program" && say "ok: the answer ends the recording and the program" || fail "end and close"
wait $program 2>/dev/null
expect_sql "in good order" "SELECT state FROM jobs ORDER BY id DESC LIMIT 1" done
start_window || exit 1
key F7
choose_file "$work/day1.mkv"
click start
expect_state "it records in the next window" '.live.running and .live.shown_frame > 50'
kill -INT $program
wait_for 60 eval "! kill -0 $program" && say "ok: Ctrl-C in the terminal ends the program" || fail "Ctrl-C"
wait $program 2>/dev/null
program=0
expect_sql "and the recording is done, in good order" "SELECT state FROM jobs ORDER BY id DESC LIMIT 1" done
"$bin/vole" verify "$work/p.vole" --json >"$work/verify.json" 2>&1 || true
grep -q '"ok": *true' "$work/verify.json" && say "ok: vole verify agrees" || fail "vole verify: $(head -c 600 "$work/verify.json")"
expect_sound
conclude
