#!/usr/bin/env bash
# What a prediction costs that is divided: processor seconds and memory of one process, of --jobs 2, of
# the parts of a cluster and of their merge, and the bytes that each frame leaves. `sbatch` is one that
# only answers, so that plan, parts and merge can be run and measured one by one.
# usage: parts.sh      after bench.sh has set what it needs; VOLE_BENCH_PARTS: slices (default 5)
set -euo pipefail
data=${VOLE_SHARED_DATA:-../shared/data}
work=$(realpath -m "${VOLE_BENCH_DIR:-build/bench}")/parts
vole=$(realpath "${VOLE:-build/bin/vole}")
slices=${VOLE_BENCH_PARTS:-5}
[ -d "$data/flies_courtship" ] || { echo "bench: the real videos are not in $data; say where with VOLE_SHARED_DATA=DIR" >&2; exit 1; }
rm -rf "$work"
mkdir -p "$work/bin"
printf '#!/bin/sh\necho 1\n' >"$work/bin/sbatch"
chmod +x "$work/bin/sbatch"
fresh() { # FILE : a project with a video of 1500 frames, and a model that finds its flies
  rm -rf "$1" "$1"-* "$1".parts
  "$vole" new "$1" --quiet >/dev/null
  "$vole" add-video "$1" "$data/flies_courtship/video.mp4" --quiet >/dev/null
  "$vole" import "$1" --format coco "$data/flies_courtship/instances.json" --quiet >/dev/null
}
fresh "$work/train.vole"
"$vole" train "$work/train.vole" --steps "${VOLE_BENCH_STEPS:-250}" --out "$work/flies.safetensors" --json --quiet >/dev/null
predict=(predict --model "$work/flies.safetensors" --json --quiet)
cost() { # WHAT PROGRAM ARGUMENT... : of it and of its children
  python3 - "$@" <<'P'
import resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[2:], capture_output=True, text=True)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{sys.argv[1]}: {use.ru_utime + use.ru_stime:.1f} processor seconds, {time.monotonic() - began:.1f} s, "
      f"most memory of one process {use.ru_maxrss / 1024:.0f} MB")
if done.returncode:
    sys.exit(done.stderr)
P
}
rows() { # FILE : every prediction but its numbers
  sqlite3 "$1" "SELECT video_id, frame_index, category_id, tracklet, quote(score), quote(confidence), hex(rle), hex(outline)
    FROM predictions WHERE job_id = (SELECT max(job_id) FROM predictions) ORDER BY frame_index, id" | sha256sum
}
fresh "$work/one.vole"
before=$(stat -c %s "$work/one.vole")
cost "one process, one thread" "$vole" "${predict[@]}" "$work/one.vole" --threads 1
sqlite3 "$work/one.vole" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
count=$(sqlite3 "$work/one.vole" "SELECT count(*) FROM predictions")
echo "the project grew by $((($(stat -c %s "$work/one.vole") - before) / 1500)) bytes a frame, $((($(stat -c %s "$work/one.vole") - before) / count)) a prediction"
fresh "$work/two.vole"
cost "one process, two threads" "$vole" "${predict[@]}" "$work/two.vole" --threads 2
fresh "$work/jobs.vole"
cost "--jobs 2" "$vole" "${predict[@]}" "$work/jobs.vole" --jobs 2
fresh "$work/cluster.vole"
PATH=$work/bin:$PATH "$vole" "${predict[@]}" "$work/cluster.vole" --slurm --array "$slices" >/dev/null
parts=$(grep -o -- '--part "[^"]*' "$work/cluster.vole.parts/task.sh" | grep -o '[0-9]*$')
for k in $(seq 0 $((parts - 1))); do
  cost "part $k of $parts" "$vole" predict "$work/cluster.vole" --part "$k/$parts" --threads 1 --quiet
done
echo "parts on the disk: $(($(du -sb "$work/cluster.vole.parts" | cut -f1) / 1500)) bytes a frame"
cost "merge" "$vole" predict "$work/cluster.vole" --merge --quiet
for file in two jobs cluster; do
  [ "$(rows "$work/one.vole")" = "$(rows "$work/$file.vole")" ] && echo "equal to one process: $file" ||
    echo "NOT EQUAL to one process: $file"
done
