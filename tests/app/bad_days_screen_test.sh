#!/usr/bin/env bash
# Bad days of the window: one clear sentence each, and nothing lost.
# usage: bad_days_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
source "$(dirname "$0")/../support/screen.sh"
make_project 40

# says PATTERN COMMAND... : it fails with one line that names the thing, the cause and the way out
says() {
  local pattern=$1 text
  shift
  text=$(timeout 60 "$@" 2>&1 >/dev/null)
  local code=$?
  if [ $code -eq 1 ] && [ "$(grep -c . <<<"$text")" -eq 1 ] && grep -qE "$pattern" <<<"$text"; then
    say "ok: $text"
  else
    fail "exit $code, said: $text"
  fi
}
says 'no display' env -u DISPLAY -u WAYLAND_DISPLAY "$bin/vole-workbench" "$work/p.vole"
says 'no display' env DISPLAY=:9999 "$bin/vole-workbench" "$work/p.vole"
says 'OpenGL 3.3' env MESA_GL_VERSION_OVERRIDE=2.1 "$bin/vole-workbench" "$work/p.vole"

# A video whose codec nobody knows.
sed 's/avc1/zzz9/g' "$work/scene/video.mp4" >"$work/strange.mp4"
cmp -s "$work/scene/video.mp4" "$work/strange.mp4" && sed 's/mp4v/zzz9/g' "$work/scene/video.mp4" >"$work/strange.mp4"
says 'strange' "$bin/vole" add-video "$work/p.vole" "$work/strange.mp4" --quiet

# The same project in two windows: each shows what the other does.
start_window || exit 1
first=$program
VOLE_WORKBENCH_STATE=$work/second.json "$bin/vole-workbench" "$work/p.vole" --size 1280x720 2>/dev/null &
second=$!
wait_for 30 jq -e '.view_frame >= 0' "$work/second.json" && say "ok: it opens twice" || fail "second window"
"$bin/vole" import "$work/p.vole" --format coco "$work/scene/labels.json" --json >/dev/null 2>&1
expect_state "the first window shows what another program has written" '.labels > 0'
wait_for 20 jq -e '.labels > 0' "$work/second.json" && say "ok: so does the second" || fail "second window is stale"
kill $first $second 2>/dev/null
wait $first $second 2>/dev/null

# The video has been moved: the window says so and stays usable.
mv "$work/scene/video.mp4" "$work/scene/elsewhere.mp4"
rm -f "$work/state.json"
"$bin/vole-workbench" "$work/p.vole" --size 1280x720 2>"$work/stderr" &
program=$!
expect_state "a moved video is named as missing" '.missing_videos == 1 and .labels > 0'
"$bin/vole" add-video "$work/p.vole" "$work/scene/elsewhere.mp4" --json >/dev/null 2>&1
expect_state "and shows when it is found again" '.missing_videos == 0 and .picture_frame >= 0'
kill $program
wait $program 2>/dev/null

# A recording in two files: the second is lost, and what lies in the first can be seen.
mkdir "$work/cam"
for part in 1 2; do
  "$bin/vole" synth "$work/part$part" --scene tiny --frames 30 --seed $part --json >/dev/null 2>&1
  mv "$work/part$part/video.mp4" "$work/cam/cam_$part.mp4"
done
"$bin/vole" new "$work/joined.vole" --json >/dev/null 2>&1
"$bin/vole" add-video "$work/joined.vole" "$work/cam" --join exp --json >/dev/null 2>&1
mv "$work/cam/cam_2.mp4" "$work/cam_2.mp4"
start_window "$work/joined.vole" || exit 1
expect_state "a recording with a lost part is named as missing" '.missing_videos == 1'
key ctrl+g
xdotool type --delay 40 "29"
key Return
expect_state "and its other part can be seen" '.frame == 29 and .picture_frame == 29'
key Right
expect_state "where the lost part begins no picture stands" '.frame == 30 and .picture_frame != 30'
"$bin/vole" add-video "$work/joined.vole" "$work/cam_2.mp4" --json >/dev/null 2>&1
expect_state "until it is found again" '.missing_videos == 0 and .picture_frame == 30'
kill $program
wait $program 2>/dev/null

# A project of an older version: brought up to date, and the person is told where it is kept as it was.
sqlite3 "$work/old.vole" <"$(dirname "$0")/../data/project_v2.sql"
rm -f "$work/state.json"
"$bin/vole-workbench" "$work/old.vole" --size 1280x720 2>"$work/stderr" &
program=$!
expect_state "an older project says what was done with it" \
  '.messages | any(test("written by an older Vole.*kept beside it in old.vole.v2.bak"))'
[ -f "$work/old.vole.v2.bak" ] && say "ok: and the copy is there" || fail "no copy"
kill $program
wait $program 2>/dev/null

# An older project that another program holds: the window shows that it is being opened meanwhile.
sqlite3 "$work/held.vole" <"$(dirname "$0")/../data/project_v2.sql"
mkfifo "$work/hold"
sqlite3 "$work/held.vole" <"$work/hold" &
exec 9>"$work/hold"
echo 'BEGIN EXCLUSIVE;' >&9
sleep 0.5
rm -f "$work/state.json"
"$bin/vole-workbench" "$work/held.vole" --size 1280x720 2>"$work/stderr" &
program=$!
expect_state "while a project is being opened the window says so" '.busy | test("Opening held.vole")'
echo 'COMMIT;' >&9
exec 9>&-
expect_state "and shows it as soon as it can" '.mode == "label"'
window=$(xdotool search --name Vole | head -1)
xdotool windowfocus "$window"
sleep 0.3
key ctrl+w
expect_state "closed, it shows the start screen" '.busy == "" and .start_error == ""'
kill $program
wait $program 2>/dev/null

# Preferences that cannot be written: said once, and everything else works.
printf 'no folder' >"$work/no_folder"
rm -f "$work/state.json"
env -u OMP_WAIT_POLICY XDG_CONFIG_HOME="$work/no_folder" "$bin/vole-workbench" "$work/p.vole" --size 1280x720 2>"$work/stderr" &
program=$!
expect_state "without a place for preferences the window opens, and says so" \
  '.picture_frame >= 0 and (.messages | any(test("preferences cannot be written")))'
window=$(xdotool search --name Vole | head -1)
xdotool windowfocus "$window"
sleep 0.3
key Escape
key ctrl+shift+l ctrl+equal ctrl+minus Right
expect_state "it goes on, and does not say it again" \
  '.frame == 1 and ([.messages[] | select(test("preferences"))] | length == 1)'
grep -qz '^OMP_WAIT_POLICY=PASSIVE' "/proc/$program/environ" && say "ok: started by itself it computes as from the command line" ||
  fail "the environment is not prepared"
end_window

# A project that may not be written (root may write everything: then somebody else opens it).
mkdir "$work/shelf" "$work/guest"
"$bin/vole" new "$work/shelf/r.vole" --json >/dev/null 2>&1 &&
  "$bin/vole" add-video "$work/shelf/r.vole" "$work/scene/elsewhere.mp4" --json >/dev/null 2>&1
chmod 755 "$work" && chmod -R a+rX,a-w "$work/shelf" && chmod -R a+rX "$work/scene" && chmod 777 "$work/guest"
as_guest=()
[ "$(id -u)" -eq 0 ] && as_guest=(setpriv --reuid=65534 --regid=65534 --clear-groups)
mkdir -p "$work/guest/config/vole" && cp "$work/config/vole/preferences.json" "$work/guest/config/vole/"
chmod -R a+rwX "$work/guest"
export VOLE_WORKBENCH_STATE=$work/guest/state.json
"${as_guest[@]}" env HOME="$work/guest" XDG_CONFIG_HOME="$work/guest/config" \
  "$bin/vole-workbench" "$work/shelf/r.vole" --size 1280x720 2>"$work/guest.err" &
program=$!
guest() { jq -e "$1" "$work/guest/state.json"; }
wait_for 30 guest '.picture_frame >= 0 and (.messages | any(test("may not be written")))' &&
  say "ok: a read-only project opens for looking, and says so" ||
  fail "read-only: $(cat "$work/guest.err") $(cut -c1-600 "$work/guest/state.json" 2>/dev/null)"
kill $program 2>/dev/null
wait $program 2>/dev/null
export VOLE_WORKBENCH_STATE=$work/state.json

# The window stood on a monitor that is gone; then its monitor goes while it is open.
start_unsized() {
  rm -f "$work/state.json"
  "$bin/vole-workbench" "$work/p.vole" 2>"$work/stderr" &
  program=$!
  wait_for 30 state '.picture_frame >= 0' || fail "the window shows a frame"
  window=$(xdotool search --name Vole | head -1)
}
on_screen() {
  local X Y WIDTH HEIGHT
  eval "$(xdotool getwindowgeometry --shell "$window" | grep -E '^(X|Y|WIDTH|HEIGHT)=')"
  [ "$X" -ge 0 ] && [ "$Y" -ge 0 ] && [ $((X + WIDTH)) -le "$1" ] && [ $((Y + HEIGHT)) -le "$2" ]
}
preferences=$work/config/vole/preferences.json
jq -c '.window = [5000, 3000, 900, 600, 0]' "$preferences" >"$work/moved.json" && cp "$work/moved.json" "$preferences"
start_unsized
wait_for 10 on_screen 1280 720 && say "ok: a window that stood on a monitor that is gone opens on the one that is left" ||
  fail "the window is at $(xdotool getwindowgeometry "$window" | tr '\n' ' ')"
xdotool windowmove "$window" 1000 500  # most of it beyond the monitor that comes
sleep 0.5
if python3 "$(dirname "$0")/../support/monitor.py" off; then
  sleep 0.5
  python3 "$(dirname "$0")/../support/monitor.py" 1024x600 || fail "the second monitor"
  wait_for 10 on_screen 1024 600 && say "ok: it comes onto the smaller monitor that takes the place of its own" ||
    fail "the window is at $(xdotool getwindowgeometry "$window" | tr '\n' ' ')"
  xdotool windowfocus "$window"
  key Right
  expect_state "and goes on" '.frame == 1 and .picture_frame == 1'
else
  say "[skipped] the monitor cannot be switched off here"
fi
xdotool windowfocus "$window"
end_window
jq -e '.window | length == 5 and .[0] < 1280 and .[1] < 720' "$preferences" >/dev/null &&
  say "ok: where it stood is remembered" || fail "preferences: $(cut -c1-300 "$preferences")"
chmod -R u+w "$work/shelf"
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
conclude
