#!/usr/bin/env bash
# Puts beside the programs of an installed tree every library that they need and that the C library
# itself does not bring, and has them found there, wherever the tree is moved.
# usage: bash app/package/bundle.sh TREE        (run by `cpack -G TGZ`)
set -euo pipefail
tree=$(realpath "$1")
command -v patchelf >/dev/null || {
  echo "bundle.sh: patchelf is missing; install it: apt-get install patchelf" >&2
  exit 1
}

programs=("$tree"/bin/vole "$tree"/libexec/vole/*)
# What belongs to the C library is the system's: it must fit the system's loader.
system='^(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil|libnsl|libanl|libmvec)\.so'
# What a desktop has in its own version, which must fit its drivers. Without a desktop they are needed
# all the same, by libraries that could draw; so those of lib/vole/base are for the programs without
# a window only.
desktop='^(libGL|libEGL|libGLX|libGLdispatch|libX11|libX11-xcb|libxcb.*|libXau|libXdmcp|libXext|libXfixes|libdrm.*|libgbm|libwayland-.*|libfontconfig|libfreetype|libexpat)\.so'

mkdir -p "$tree/lib/vole/base"
unfound=$(ldd "${programs[@]}" | grep 'not found' || true)
[ -z "$unfound" ] || { echo "bundle.sh: these libraries are not here: $unfound" >&2; exit 1; }
ldd "${programs[@]}" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' | sort -u |
  while read -r name file; do
    [[ $name =~ $system ]] && continue
    place=$tree/lib/vole
    [[ $name =~ $desktop ]] && place=$place/base
    install -m 644 "$(realpath "$file")" "$place/$name"
  done

# An RPATH of the program (not a RUNPATH) is searched for the libraries of its libraries too, but for
# a library that has a RUNPATH only that one is: it must say the same.
here='$ORIGIN:$ORIGIN/base'
for library in "$tree"/lib/vole/*.so* "$tree"/lib/vole/base/*.so*; do
  [ -z "$(patchelf --print-rpath "$library")" ] || patchelf --set-rpath "$here" "$library"
done
patchelf --force-rpath --set-rpath '$ORIGIN/../lib/vole:$ORIGIN/../lib/vole/base' "$tree/bin/vole"
for program in "$tree"/libexec/vole/*; do
  case $program in
    */vole-workbench) path='$ORIGIN/../../lib/vole' ;;
    *) path='$ORIGIN/../../lib/vole:$ORIGIN/../../lib/vole/base' ;;
  esac
  patchelf --force-rpath --set-rpath "$path" "$program"
done
