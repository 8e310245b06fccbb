#!/usr/bin/env bash
# Mask R-CNN against torchvision's in Python (Debian's python3-torchvision): same weights, same
# picture, two threads, taking turns, medians. bash tests/bench.sh nets runs this.
# $VOLE_BENCH_ROUNDS is how often they take turns (default 3). The columns "cpu" are processor seconds
# of all threads together, which hardly depend on what else the machine does.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${VOLE_BENCH_DIR:-build/bench}/nets
weights=$dir/mask_rcnn.safetensors
mkdir -p "$dir"
[ -e "$weights" ] || build/bin/bench_nets make "$weights"
core=()
grep -q avx512bw /proc/cpuinfo && core=(OPENBLAS_CORETYPE=SKYLAKEX)  # as vole sets it for itself

# turn NAME ENVIRONMENT... COMMAND : one turn, its answer kept under NAME
turn() {
  local name=$1
  shift
  env "$@" 2>/dev/null | tee -a "$dir/$name" >/dev/null
}

printf '%-5s %-6s %8s %8s %8s %9s %9s %9s %9s %8s %8s\n' side mode 'vole s' 'bf16 s' 'cpu s' 'tv s' \
  'tv SKX s' 'tv cpu' 'SKX cpu' faster 'vs SKX'
for side in 384 800; do
  for mode in infer train; do
    repeats=5
    [ "$mode" = infer ] || repeats=3
    ours=(OMP_WAIT_POLICY=PASSIVE "${core[@]}" build/bin/bench_nets time "$weights" "$side")
    theirs=(/usr/bin/python3 -W ignore tests/bench/mask_rcnn.py "$weights" "$side" "$mode" "$repeats")
    for name in vole bf16 plain skylakex; do : >"$dir/$name"; done
    for _ in $(seq "${VOLE_BENCH_ROUNDS:-3}"); do
      turn vole "${ours[@]}" "$mode" "$repeats"
      turn plain -u OPENBLAS_CORETYPE OMP_WAIT_POLICY=PASSIVE "${theirs[@]}"
      turn skylakex OPENBLAS_CORETYPE=SKYLAKEX OMP_WAIT_POLICY=PASSIVE "${theirs[@]}"
      [ "$mode" = train ] || turn bf16 "${ours[@]}" infer-bf16 "$repeats"
    done
    jq -rn --arg side "$side" --arg mode "$mode" --slurpfile vole "$dir/vole" \
      --slurpfile bf16 "$dir/bf16" --slurpfile plain "$dir/plain" \
      --slurpfile skylakex "$dir/skylakex" '
      def median(f): map(f) | flatten | sort | if length == 0 then 0 else .[length / 2 | floor] end;
      ($vole | median(.seconds)) as $v | ($plain | median(.seconds)) as $p
      | ($skylakex | median(.seconds)) as $s
      | [$side, $mode, $v, ($bf16 | median(.seconds)), ($vole | median(.processor_seconds)), $p, $s,
         ($plain | median(.processor_seconds)), ($skylakex | median(.processor_seconds)),
         $p / $v, $s / $v] | @tsv' |
      while IFS=$'\t' read -r a b c d e f g h i j k; do
        LC_ALL=C printf '%-5s %-6s %8.3f %8.3f %8.3f %9.3f %9.3f %9.3f %9.3f %7.2fx %7.2fx\n' "$a" \
          "$b" "$c" "$d" "$e" "$f" "$g" "$h" "$i" "$j" "$k"
      done
    echo "      found: vole $(tail -1 "$dir/vole" | jq -c .found), torchvision $(tail -1 "$dir/plain" | jq -c .found)"
  done
done

# The others alone: one picture of the input's size to its detections, two animals.
printf '\n%-12s %-9s %10s %12s %10s %12s\n' network input 'float32 s' 'bfloat16 s' 'frames/s' 'bf16 frames/s'
while read -r name width height; do
  settings='{"width": '$width', "height": '$height', "side": '$width'}'
  env OMP_WAIT_POLICY=PASSIVE "${core[@]}" build/bin/bench_detectors "$name" "$settings" "$width" \
    "$height" 15 | jq -r --arg name "$name" --arg input "${width}x$height" '
      def median: sort | .[length / 2 | floor];
      (.float32 | median) as $f | (.bfloat16 | median) as $b | [$name, $input, $f, $b, 1 / $f, 1 / $b] | @tsv' |
    while IFS=$'\t' read -r a b c d e f; do
      LC_ALL=C printf '%-12s %-9s %10.4f %12.4f %10.1f %12.1f\n' "$a" "$b" "$c" "$d" "$e" "$f"
    done
done <<<"yolov3-tiny 416 416
yolov3-tiny 640 480
yolov3 416 416
yolact 550 550"
