#!/usr/bin/env bash
# For tests of the real window: a screen in Xvfb, a hand on mouse and keyboard, and eyes on what the
# window says of itself (VOLE_WORKBENCH_STATE) and on the project file. Source it with $bin set.
for program in Xvfb xdotool jq sqlite3; do
  command -v $program >/dev/null || { echo "[skipped] $program is not installed"; exit 0; }
done
work=$(mktemp -d)
export XDG_CONFIG_HOME=$work/config HOME=$work VOLE_WORKBENCH_STATE=$work/state.json
export LIBGL_ALWAYS_SOFTWARE=1 USER=tester
mkdir -p "$work/config/vole"
echo '{"seen_walkthrough":true}' >"$work/config/vole/preferences.json"
export DISPLAY=:$((200 + $$ % 700))
start_screen() {
  Xvfb $DISPLAY -screen 0 ${screen_size:-1280x720}x24 >"$work/xvfb.log" 2>&1 &
  xvfb=$!
  wait_for 10 xdotool getdisplaygeometry || { say "[skipped] Xvfb does not start here"; exit 0; }
}
finish_screen() {
  [ $xvfb -eq 0 ] && return
  kill $xvfb 2>/dev/null
  wait $xvfb 2>/dev/null
}
window=0 program=0 xvfb=0 failures=0
finish() {
  [ $program -eq 0 ] || kill -9 $program 2>/dev/null
  finish_screen
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

say() { printf '%s\n' "$*"; }
fail() {
  say "FAILED: $*"
  [ -f "$work/state.json" ] && say "  state: $(cut -c1-900 "$work/state.json")"
  failures=$((failures + 1))
}
# wait_for SECONDS CONDITION... : until the shell condition holds
wait_for() {
  local left=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.05
  done
}
state() { jq -e "$1" "$work/state.json"; }
sql() { sqlite3 -readonly -cmd '.timeout 5000' "$work/p.vole" "$1"; }
expect_state() { wait_for 20 state "$2" && say "ok: $1" || fail "$1 (state: $2)"; }
check_sql() { [ "$(sql "$1")" = "$2" ]; }
expect_sql() { wait_for 20 check_sql "$2" "$3" && say "ok: $1" || fail "$1: $2 gave '$(sql "$2")', not '$3'"; }
key() { xdotool key --clearmodifiers "$@"; sleep 0.15; }
# at X Y : window position of an image point
at() {
  jq -r --argjson x "$1" --argjson y "$2" \
    '"\((.canvas.x + $x * .canvas.scale) | round) \((.canvas.y + $y * .canvas.scale) | round)"' "$work/state.json"
}
click_image() { xdotool mousemove $(at "$1" "$2"); sleep 0.12; xdotool click 1; sleep 0.15; }
# lane_at TITLE FRAME : window position on the timeline
lane_at() {
  jq -r --arg lane "$1" --argjson frame "$2" \
    '"\((.timeline.left + ($frame - .timeline.first_frame) / .timeline.frames_shown * .timeline.width) | round) \(.timeline.lanes[$lane] | round)"' \
    "$work/state.json"
}
drag() { # X0 Y0 X1 Y1
  xdotool mousemove $1 $2; sleep 0.15; xdotool mousedown 1; sleep 0.15
  xdotool mousemove $((($1 + $3) / 2)) $((($2 + $4) / 2)); sleep 0.1
  xdotool mousemove $3 $4; sleep 0.15; xdotool mouseup 1; sleep 0.2
}
start_window() {
  rm -f "$work/state.json"
  "$bin/vole-workbench" "${1:-$work/p.vole}" --size ${screen_size:-1280x720} 2>"$work/stderr" &
  program=$!
  wait_for 30 state '.picture_frame >= 0 and .view_frame >= 0' || { fail "the window shows a frame"; cat "$work/stderr"; return 1; }
  window=$(xdotool search --name Vole | head -1)
  xdotool windowfocus "$window"
  sleep 0.3
}
# make_project FRAMES : $work/p.vole with a rendered video of two voles, $work/scene with its truth
make_project() {
  "$bin/vole" synth "$work/scene" --scene tiny --frames "$1" --json >/dev/null 2>&1 &&
    "$bin/vole" new "$work/p.vole" --json >/dev/null 2>&1 &&
    "$bin/vole" add-video "$work/p.vole" "$work/scene/video.mp4" --json >/dev/null 2>&1 || {
    say "FAILED: the scene for the test cannot be made"
    exit 1
  }
}
# columns TABLE COLUMN=EXPRESSION... : an INSERT of copies of its rows of $work/p.vole with those expressions
columns() {
  local table=$1 names expressions
  shift
  names=$(sqlite3 "$work/p.vole" "SELECT group_concat(name) FROM pragma_table_info('$table')")
  expressions=$names
  for change in "$@"; do expressions=$(sed -E "s/(^|,)${change%%=*}(,|$)/\1${change#*=}\2/" <<<"$expressions"); done
  echo "INSERT INTO $table ($names) SELECT $expressions"
}
# end_window : as a person does
end_window() {
  key ctrl+q
  wait_for 60 eval "! kill -0 $program" && say "ok: Ctrl+Q ends the program" || fail "Ctrl+Q"
}
# What a build with sanitizers says of the window (see VOLE_SANITIZE in CMakeLists.txt).
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
expect_sound() {
  grep -qE 'Sanitizer|runtime error:' "$work/stderr" && { fail "the sanitizer: $(cat "$work/stderr")"; return; }
  say "ok: no sanitizer complains"
}
conclude() {
  [ $failures -eq 0 ] && say "All screen checks hold." || say "$failures screen checks failed."
  exit $((failures > 0))
}
start_screen
