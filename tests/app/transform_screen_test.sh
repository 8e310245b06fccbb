#!/usr/bin/env bash
# A whole outline in the real window: scaled, turned and moved by its handles, copied and pasted.
# usage: transform_screen_test.sh BIN_FOLDER [PICTURES_FOLDER]
set -u
bin=$(cd "$1" && pwd)
pictures=${2:-}
source "$(dirname "$0")/../support/screen.sh"

make_project 40
cat >"$work/labels.json" <<'JSON'
{"images": [{"id": 1, "file_name": "video_000000.png", "width": 192, "height": 128}],
 "categories": [{"id": 1, "name": "ann"}],
 "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [60, 50, 40, 20], "area": 800,
   "segmentation": [[60, 50, 100, 50, 100, 70, 60, 70]], "iscrowd": 0}]}
JSON
size=$("$bin/vole" info "$work/p.vole" --json | jq -r '.videos[0] | "\(.width) \(.height)"')
read -r width height <<<"$size"
sed -i "s/\"width\": 192, \"height\": 128/\"width\": $width, \"height\": $height/" "$work/labels.json"
"$bin/vole" import "$work/p.vole" --format coco "$work/labels.json" --json >"$work/import.json" 2>&1 ||
  { say "FAILED: labels: $(cat "$work/import.json")"; exit 1; }
start_window || exit 1
shot() {
  [ -n "$pictures" ] && command -v import >/dev/null || return 0
  sleep 0.5
  import -window root "$pictures/$1.png"
}
# box FRAME : of each label there, in whole pixels
box() {
  sql "SELECT categories.name || ' ' || CAST(round(x) AS INT) || ',' || CAST(round(y) AS INT) || ' ' ||
         CAST(round(annotations.width) AS INT) || 'x' || CAST(round(annotations.height) AS INT)
       FROM annotations JOIN images ON images.id = image_id JOIN categories ON categories.id = category_id
       WHERE frame_index = $1 ORDER BY annotations.id" | paste -sd';'
}
near() { # TEXT TEXT : the same words, numbers within 2
  python3 - "$1" "$2" <<'PY'
import re, sys
one, other = (re.split(r"(\d+)", text) for text in sys.argv[1:3])
sys.exit(len(one) != len(other) or any(
    abs(int(a) - int(b)) > 2 if a.isdigit() and b.isdigit() else a != b for a, b in zip(one, other)))
PY
}
check_box() { near "$(box "$1")" "$2"; }
expect_box() { wait_for 20 check_box "$2" "$3" && say "ok: $1" || fail "$1: '$(box "$2")', not '$3'"; }
drag_image() { drag $(at "$1" "$2") $(at "$3" "$4"); }

key Home
expect_box "the outline is there" 0 "ann 60,50 40x20"
key v
click_image 80 60
key t
expect_state "T takes the tool that turns and scales" '.canvas.tool == "transform"'
shot transform_handles
drag_image 100 70 120 80
expect_box "a corner scales it, proportions kept" 0 "ann 60,50 60x30"
drag_image 90 65 80 60
expect_box "a drag inside moves it" 0 "ann 50,45 60x30"
xdotool keydown shift
knob=$(at 80 45)
knob="${knob% *} $((${knob#* } - 26))"
right=$(at 80 60)
xdotool mousemove $knob; sleep 0.2; xdotool mousedown 1; sleep 0.15
xdotool mousemove $((${right% *} + 60)) $((${right#* } - 20)); sleep 0.15
shot transform_turning
xdotool mousemove $((${right% *} + 80)) ${right#* }; sleep 0.2
xdotool mouseup 1; sleep 0.2; xdotool keyup shift
expect_box "the knob turns it, by a quarter" 0 "ann 65,30 30x60"
key ctrl+z
expect_box "one undo takes the turn back" 0 "ann 50,45 60x30"
key ctrl+c
key Right
expect_state "the next frame shows" '.frame == 1 and .view_frame == 1'
key ctrl+v
expect_box "the copy lies at the same place of another frame" 1 "ann 50,45 60x30"
key ctrl+z
expect_box "and is taken back" 1 ""
shot transform_pasted
end_window
expect_sound
conclude
