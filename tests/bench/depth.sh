#!/usr/bin/env bash
# Places in space from the masks of one camera, held out in five folds: blocks (stretches of time
# that no label is in) and random ones (frames between labels). On a published mouse each of six
# cameras alone; on the rendered room from 100 frames' labels, with and without the known camera,
# and then every other frame of it.
# usage: bash tests/bench.sh depth
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${VOLE_SHARED_DATA:-../shared/data}/mouse3d
dir=${VOLE_BENCH_DIR:-build/bench}/depth
vole=${VOLE:-build/bin/vole}
mkdir -p "$dir"

if [ -e "$data/mouse1_views.csv" ]; then
  echo "mouse3d: hull area and place of a mouse, six cameras, 81 frames; errors in mm"
  build/bin/bench_depth "$data/mouse1_views.csv" "$data/mouse1_cameras.json" 1152 1024 5 5
else
  echo "bench: $data is not there; say where with VOLE_SHARED_DATA=DIR" >&2
fi

[ -e "$dir/room/instances.json" ] || "$vole" synth "$dir/room" --scene room --frames 1500 --quiet >/dev/null
rm -f "$dir"/room.vole*
"$vole" new "$dir/room.vole" --quiet >/dev/null
"$vole" add-video "$dir/room.vole" "$dir/room/video.mp4" --quiet >/dev/null
"$vole" import "$dir/room.vole" --format coco "$dir/room/instances.json" --quiet >/dev/null
awk -F, 'NR == 1 || $1 % 15 == 0' "$dir/room/places.csv" >"$dir/labels.csv"
for camera in unknown known; do
  echo
  echo "room of 4 x 3 m, two animals that climb and rear, 100 labeled frames, camera $camera; errors in cm"
  [ $camera = unknown ] || "$vole" calibrate "$dir/room.vole" --camera "$dir/room/camera.json" --quiet >/dev/null
  "$vole" depth "$dir/room.vole" --positions "$dir/labels.csv" --out "$dir/way.csv" --picture "$dir/way.svg" --quiet
  # What no fold has seen: all other frames.
  awk -F, 'NR == FNR { if (FNR > 1) { x[$1 "," $2] = $3; y[$1 "," $2] = $4; z[$1 "," $2] = $5 } next }
    $9 == "predicted" { k = $2 "," $4; dx = $6 - x[k]; dy = $7 - y[k]; dz = $8 - z[k]; n++
      m += sqrt(dx * dx + dy * dy + dz * dz); sx += dx * dx; sy += dy * dy; sz += dz * dz }
    END { printf "the other %d masks: mean %.2f, rms x %.2f, y %.2f, z %.2f\n", n, m / n, sqrt(sx / n), sqrt(sy / n), sqrt(sz / n) }' \
    "$dir/room/places.csv" "$dir/way.csv"
done
