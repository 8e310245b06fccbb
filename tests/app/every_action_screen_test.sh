#!/usr/bin/env bash
# Every action of the table is run once in every mode of the real window, on a project that has all
# there is: it stays alive, and the project stays in order. Made for builds with VOLE_SANITIZE too.
# usage: every_action_screen_test.sh BIN_FOLDER
set -u
bin=$(cd "$1" && pwd)
source "$(dirname "$0")/../support/screen.sh"
export VOLE_WORKBENCH_ACTIONS=$work/actions

make_project 60
must() { "$@" >/dev/null 2>"$work/error" || { say "FAILED: $*: $(cat "$work/error")"; exit 1; }; }
must "$bin/vole" import "$work/p.vole" --format coco "$work/scene/labels.json"
must "$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv"
must "$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30
must "$bin/vole" synth "$work/other" --scene tiny --frames 30 --seed 7
must cp "$work/other/video.mp4" "$work/other/second.mp4"
must "$bin/vole" add-video "$work/p.vole" "$work/other/second.mp4"

# run ACTION... : one a drawing; waits until the last has been run
asked() { [ ! -e "$work/actions" ] || ! kill -0 $program; }
run() {
  printf '%s\n' "$@" >"$work/asked" && mv "$work/asked" "$work/actions"
  wait_for 60 asked
  kill -0 $program 2>/dev/null && return
  fail "the window ended at $*: $(cat "$work/stderr")"
  return 1
}
alive() { kill -0 $program 2>/dev/null || { fail "the window has ended: $(tail -40 "$work/stderr")"; conclude; }; }

start_window || exit 1
behavior=$(sql "SELECT name FROM behaviors ORDER BY id LIMIT 1")
# What ends the project or the window comes last; everything else in the order of the table.
mapfile -t actions < <(jq -r '.actions[].id' "$work/state.json" | grep -vxE 'project.close|app.quit|mode\..*')
[ ${#actions[@]} -gt 80 ] && say "ok: the table has ${#actions[@]} actions" || fail "only ${#actions[@]} actions"
twice=$(jq -r '[.actions[] | .scope as $s | .chords[] | "\($s) \(.)"] | group_by(.) | map(select(length > 1)[0]) | join(", ")' "$work/state.json")
[ -z "$twice" ] && say "ok: no key has two meanings in one mode" || fail "bound twice (mode, key): $twice"
for mode in label behavior review results videos live; do
  run "mode.$mode" learn.cancel go.first
  expect_state "mode $mode" ".mode == \"$mode\""
  for action in "${actions[@]}"; do
    case $action in
      behavior.accept_bout | behavior.reject_bout)  # a predicted bout is selected, by hand
        run mode.behavior timeline.whole go.first
        wait_for 20 state '.timeline.revision == .revision and .mode == "behavior"'
        read -r x y <<<"$(lane_at "$behavior" 24)"
        [ -n "$y" ] && xdotool mousemove "$x" $((y + 6)) click 1
        run "$action" "mode.$mode"
        ;;
      project.new | project.open | project.report | results.save-* | videos.find | videos.remove | notes.show | project.find_video | project.add_videos | view.palette | points.skeleton | help.*)
        run "$action"
        key Escape
        ;;
      label.* | behavior.split | behavior.delete)  # something is selected
        run "mode.$mode" go.first edit.redo "$action"
        ;;
      *) run "$action" ;;
    esac || conclude
  done
  alive
  key Escape
  run learn.cancel
  say "ok: every action in mode $mode"
done
wait_for 200 state '[.jobs[] | select(.state == "running")] | length == 0' && say "ok: what runs can be cancelled" ||
  fail "jobs run on"
alive
"$bin/vole" verify "$work/p.vole" --json >/dev/null 2>&1 && say "ok: vole verify agrees" || fail "vole verify"
run project.close && sleep 1 && alive && say "ok: the project closes, and the window stays"
kill $program
wait $program 2>/dev/null
program=0
expect_sound
conclude
