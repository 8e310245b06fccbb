#!/usr/bin/env bash
# Installs what is missing, builds Vole, and runs its main job on a rendered scene:
# labels -> train -> predict -> evaluate -> review queue.
# usage: bash app/demo.sh [FOLDER]     the folder for the demo's files (default build/demo)
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,4{s/^# //;p}' "$0"; exit 0 ;;
  -*) echo "demo.sh: there is no option '$1'; give a folder, or nothing" >&2; exit 2 ;;
esac
here=$(pwd)
cd "$(dirname "$0")/.."
source app/packages.sh

folder=${1:-build/demo}
[[ -z ${1:-} || $folder = /* ]] || folder=$here/$folder

vole_install "${vole_build_packages[@]}"
echo "Building into build/ (a first build takes about 12 minutes of two cores, later ones only what changed)"
vole_configure . build
targets=(vole vole-learn)
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && ninja -C build -t query vole-workbench >/dev/null 2>&1; then
  targets+=(vole-workbench)
fi
ninja -C build "${targets[@]}"
if [ ! -x build/bin/vole-workbench ]; then
  echo "The window is not built, as no desktop is here; build it for one with: ninja -C build vole-workbench"
fi

exec build/bin/vole demo "$folder" --open
