#!/usr/bin/env bash
# What the pages of the window cost (Xvfb, software OpenGL): the results of a video of 100,020 frames
# and 200,040 predictions while it plays, and the table of 1,000 videos while it is scrolled.
# usage: pages.sh [BIN_FOLDER]
set -u
bin=$(cd "${1:-build/bin}" && pwd)
screen_size=1366x768
source "$(dirname "$0")/../support/screen.sh"
make_project 60
must() { "$@" >/dev/null 2>"$work/error" || { say "FAILED: $*: $(cat "$work/error")"; exit 1; }; }
must "$bin/vole" import "$work/p.vole" --format coco "$work/scene/labels.json"
must "$bin/vole" import "$work/p.vole" --format behaviors "$work/scene/behaviors.csv"
must "$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 30
must sqlite3 "$work/p.vole" "PRAGMA wal_checkpoint(TRUNCATE)"
copies="WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k <"
cp "$work/p.vole" "$work/many.vole"
must sqlite3 "$work/many.vole" "$copies 999) $(columns videos id=k+1 "name=name||'_'||k" "fingerprint=fingerprint||k") FROM n CROSS JOIN videos WHERE id = 1;
  $copies 999) $(columns video_data video_id=k+1) FROM n CROSS JOIN video_data WHERE video_id = 1;
  $copies 499) $(columns predictions id=NULL video_id=2*k) FROM n CROSS JOIN predictions WHERE video_id = 1;
  $copies 499) $(columns images id=NULL video_id=2*k) FROM n CROSS JOIN images WHERE video_id = 1;"
must ffmpeg -loglevel error -y -stream_loop 1666 -i "$work/scene/video.mp4" -c copy "$work/long.mp4"
must "$bin/vole" new "$work/long.vole"
must "$bin/vole" add-video "$work/long.vole" "$work/long.mp4"
must sqlite3 "$work/p.vole" "ATTACH '$work/long.vole' AS long;
  INSERT INTO long.categories SELECT * FROM categories; INSERT INTO long.behaviors SELECT * FROM behaviors;
  INSERT INTO long.jobs SELECT * FROM jobs WHERE id = 1;
  $copies 1666) $(columns predictions id=NULL frame_index=frame_index+60*k | sed 's/INTO /INTO long./') FROM n CROSS JOIN predictions;
  INSERT INTO long.predictions $(columns predictions id=NULL | sed 's/.*SELECT/SELECT/') FROM predictions;
  $copies 1666) $(columns behavior_intervals id=NULL start_frame=start_frame+60*k end_frame=end_frame+60*k | sed 's/INTO /INTO long./') FROM n CROSS JOIN behavior_intervals;"

now_ms() { date +%s%3N; }
# measured PROJECT KEY CONDITION WHAT COMMAND... : opened with the state to wait for, then again
# without, because writing it takes time of its own
measured() {
  local project=$1 page=$2 condition=$3 what=$4 started
  shift 4
  started=$(now_ms)
  start_window "$project" || exit 1
  key "$page"
  wait_for 120 state "$condition" || fail "$what: $condition"
  say "$what: there $(($(now_ms) - started)) ms after the start"
  key ctrl+q
  wait $program
  export VOLE_WORKBENCH_TIMES=$work/times.json
  local state_file=$VOLE_WORKBENCH_STATE
  unset VOLE_WORKBENCH_STATE
  "$bin/vole-workbench" "$project" --size $screen_size 2>"$work/stderr" &
  program=$!
  wait_for 30 xdotool search --name Vole
  sleep 3
  xdotool windowfocus "$(xdotool search --name Vole | head -1)"
  sleep 0.3
  key "$page"
  sleep "${settle:-5}"
  "$@"
  key ctrl+q
  wait $program
  unset VOLE_WORKBENCH_TIMES
  export VOLE_WORKBENCH_STATE=$state_file
}
figures() { # still|playing WHAT
  jq -r --arg part "$1" --arg what "$2" '.[$part] | "\($what): our code median \(.ours.median * 100 | round / 100) ms, 95 % below \(.ours.p95 * 100 | round / 100) ms, worst \(.ours.worst * 10 | round / 10) ms (\(.frames) redraws)"' "$work/times.json"
}
plays() { key space; sleep 10; key space; }
scrolls() {
  xdotool mousemove 600 400
  for i in $(seq 200); do xdotool click 5; sleep 0.02; done
  for i in $(seq 200); do xdotool click 4; sleep 0.02; done
}
settle=20 measured "$work/long.vole" F5 '.results.revision == .revision and .results.animals == 2' "results of 100,020 frames" plays
figures playing "redraw while they play"
measured "$work/many.vole" F6 '.videos.found == 1000' "table of 1,000 videos" scrolls
figures still "redraw while it is scrolled"
exit $((failures > 0))
