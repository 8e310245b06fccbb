#!/usr/bin/env bash
# One project of 1,000 videos and 10 million predictions, made by copying rows of a rendered video of
# 5,000 frames and two animals: how large it is, and how long people wait for it. The file and what is
# read of it are in the system's cache. Needs 6 GB in TMPDIR.
# usage: large.sh [BIN_FOLDER]      VOLE_BENCH_VIDEOS: another number of videos
set -u
bin=$(cd "${1:-build/bin}" && pwd)
videos=${VOLE_BENCH_VIDEOS:-1000}
screen_size=1366x768
source "$(dirname "$0")/../support/screen.sh"
make_project 5000
must() { "$@" >"$work/out" 2>"$work/error" || { say "FAILED: $*: $(cat "$work/error")"; exit 1; }; }
must "$bin/seed_predictions" "$work/p.vole" "$work/scene/instances.json" 2500
must sqlite3 "$work/p.vole" "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize"
copies="WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < $((videos - 1)))"
small=$(stat -c %s "$work/p.vole")
must sqlite3 "$work/p.vole" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;
  $copies $(columns videos id=k+1 "name=name||'_'||k" "fingerprint=fingerprint||k") FROM n CROSS JOIN videos WHERE id = 1;
  $copies $(columns video_data video_id=k+1) FROM n CROSS JOIN video_data WHERE video_id = 1;
  $copies $(columns predictions id=NULL video_id=k+1) FROM n CROSS JOIN predictions WHERE video_id = 1;
  PRAGMA journal_mode = WAL"
rows=$(sqlite3 "$work/p.vole" "SELECT count(*) FROM predictions")
size=$(stat -c %s "$work/p.vole")
say "$videos videos, $rows predictions: $((size / 1000000)) MB, $(((size - small) / (rows - rows / videos))) bytes a prediction"
seconds() { # WHAT COMMAND... : the second of two runs
  local what=$1 began
  shift
  "$@" >"$work/out" 2>"$work/error" || say "FAILED: $*: $(tail -1 "$work/error")"
  began=$(date +%s%3N)
  "$@" >"$work/out" 2>"$work/error"
  say "$what: $(($(date +%s%3N) - began)) ms"
}
name=$(sqlite3 "$work/p.vole" "SELECT name FROM videos WHERE id = $((videos / 2))")
seconds "vole info" "$bin/vole" info "$work/p.vole"
seconds "vole report of one video, with motion" "$bin/vole" report "$work/p.vole" --video "$name" --motion-summary "$work/motion.csv"
seconds "vole export of one video's tracks" "$bin/vole" export "$work/p.vole" --video "$name" --format tracks --what predictions --out "$work/tracks.csv"
seconds "vole review of the whole" "$bin/vole" review "$work/p.vole" --top 5
now_ms() { date +%s%3N; }
for round in 1 2; do
  began=$(now_ms)
  start_window "$work/p.vole" || exit 1
  wait_for 120 state ".library.counts | length == $videos" || fail "the window shows no video"
  shown=$(($(now_ms) - began))
  began=$(now_ms)
  key F6
  wait_for 120 state ".videos.found == $videos" || fail "the table is not there"
  say "window, start $round: a video after $shown ms, the table of all videos $(($(now_ms) - began)) ms after its key"
  key ctrl+q
  wait $program
done
exit $((failures > 0))
