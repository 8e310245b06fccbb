#!/usr/bin/env bash
# Plays a large project in the real window (Xvfb, software OpenGL), prints what a frame costs and
# what memory is held.
# usage: play.sh BIN_FOLDER PROJECT.vole
set -u
bin=$(cd "$1" && pwd) project=$(realpath "$2")
source "$(dirname "$0")/../support/screen.sh"
# Several times, because writing the state takes time of its own: first for the times, then for the
# memory.
export VOLE_WORKBENCH_TIMES=$work/times.json
state_file=$VOLE_WORKBENCH_STATE
unset VOLE_WORKBENCH_STATE
# play_from FRAME WHAT
play_from() {
  "$bin/vole-workbench" "$project" --size 1280x720 2>"$work/stderr" &
  program=$!
  wait_for 30 xdotool search --name Vole
  sleep 5
  xdotool windowfocus "$(xdotool search --name Vole | head -1)"
  sleep 0.3
  key ctrl+g
  xdotool type "$1"
  key Return
  sleep 1
  key space
  sleep 20
  key space
  key ctrl+q
  wait $program
  jq -r --arg what "$2" '"redraw while playing 1080p, 200 outlines \($what), 12 rows, processor time a frame:",
    "  our code            median \(.playing.ours.median * 10 | round / 10) ms, 95 % below \(.playing.ours.p95 * 10 | round / 10) ms (\(.playing.frames) frames)",
    "  redraws a second    \(.playing.a_second * 10 | round / 10) of the clock, decoding on other threads (nothing waits for a monitor here)",
    "  software OpenGL     median \(.playing.opengl.median * 10 | round / 10) ms in our calls, \(.playing.all.median * 10 | round / 10) ms with everything"' "$work/times.json"
}
play_from 0 "like animals"
play_from 630 "with every point off by up to 15 %"
export VOLE_WORKBENCH_STATE=$state_file
start_window "$project" || exit 1
for i in 1 2 3 4; do key Up; done # 16x
key space
for frame in 2000 3000 4000 5000 6000 7000 8000 9000 9900; do
  wait_for 200 state ".frame >= $frame" || fail "frame $frame is not reached"
  LC_ALL=C awk -v f=$frame '/RssAnon/ {printf "memory while playing, frame %5d: %d MB\n", f, $2 / 1024}' /proc/$program/status
done
exit $((failures > 0))
