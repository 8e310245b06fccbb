#!/usr/bin/env bash
# `cmake --install` makes a tree whose `vole` finds all that belongs to it, wherever the tree is.
# usage: bash tests/app/install_test.sh BUILD_FOLDER
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

DESTDIR=$work/stage cmake --install "$build" --prefix /usr >"$work/log" || { cat "$work/log"; fail install; }
[ "$(ls "$work/stage")" = usr ] || fail "something lies outside of the prefix: $(ls "$work/stage")"
[ "$(ls "$work/stage/usr/bin")" = vole ] || fail "bin/ holds $(ls "$work/stage/usr/bin")"
[ -x "$work/stage/usr/libexec/vole/vole-learn" ] || fail "vole-learn is not in libexec/vole"
[ -f "$work/stage/usr/share/doc/vole/README.md" ] || fail "there is no read-me"
grep -o '](tests/[^)]*' "$build/../README.md" | cut -c3- | sort -u | while read -r shown; do
  case $shown in tests/screens/* | tests/bench/*)
    [ -f "$work/stage/usr/share/doc/vole/$shown" ] || fail "the read-me shows $shown, which is not there" ;;
  esac
done

# What desktops read is what they can read.
check() {  # TOOL ARGUMENT...: where the tool is here, it finds nothing wrong
  command -v "$1" >/dev/null || { echo "not checked by $1, which is not installed"; return 0; }
  said=$("$@" 2>&1) && [ -z "$said" ] || fail "$*: $said"
}
share=$work/stage/usr/share
if [ -e "$work/stage/usr/libexec/vole/vole-workbench" ]; then
  check desktop-file-validate "$share/applications/vole.desktop"
  check xmllint --noout "$share"/metainfo/*.xml "$share"/mime/packages/*.xml \
    "$share"/icons/hicolor/scalable/*/*.svg
  ! command -v appstreamcli >/dev/null || appstreamcli validate --no-net "$share"/metainfo/*.xml >"$work/log" ||
    fail "appstreamcli: $(cat "$work/log")"
  # A project has our type by its name, and without one by what is in it; the workbench opens it.
  if command -v update-mime-database >/dev/null; then
    cp -r "$share/mime" "$work/mime"
    update-mime-database "$work/mime"
    grep -q '^50:application/x-vole-project:\*.vole$' "$work/mime/globs2" || fail "*.vole has no type"
    grep -qa 'application/x-vole-project' "$work/mime/magic" || fail "a project without its ending has no type"
  fi
  grep -q '^MimeType=application/x-vole-project;$' "$share/applications/vole.desktop" || fail "nothing opens projects"
  [ -f "$share/icons/hicolor/scalable/mimetypes/application-x-vole-project.svg" ] || fail "projects have no icon"
fi
for page in "$share"/man/man1/*.1; do
  [ -s "$page" ] || fail "$page is empty"
done
[ -f "$share/man/man1/vole-train.1" ] || fail "there are no man pages"

# Moved to a place with a space, reached through a link, started from elsewhere.
mv "$work/stage/usr" "$work/a prefix"
mkdir "$work/bin"
ln -s "$work/a prefix/bin/vole" "$work/bin/vole"
cd "$work"
PATH=$work/bin:$PATH
vole --version | grep -qE '^vole [0-9]+\.[0-9]+\.[0-9]+ \(commit ([0-9a-f]{12}\+?|unknown)\)$' ||
  fail "--version says: $(vole --version)"
vole synth scene --scene tiny --frames 40 --quiet
vole new mice.vole
vole add-video mice.vole scene/video.mp4 --quiet
vole import mice.vole --format coco scene/labels.json --quiet
vole info mice.vole | grep -q video || fail "info does not know the video"
# In vole-learn, which starts `vole` programs of its own.
vole models --architectures | grep -q idseg || fail "the networks are not found"
vole train mice.vole --steps 3 --quiet | grep -q Trained || fail "nothing was trained"
vole predict mice.vole --quiet | grep -q frames || fail "nothing was predicted"
if [ -e "$work/a prefix/libexec/vole/vole-workbench" ]; then
  said=$(env -u DISPLAY -u WAYLAND_DISPLAY vole open mice.vole 2>&1) && fail "a window opened without a display"
  case $said in vole-workbench:*) ;; *) fail "the workbench did not start: $said" ;; esac
fi
# What is missing is named.
rm "$work/a prefix/libexec/vole/vole-learn"
said=$(vole train mice.vole 2>&1) && fail "trained without vole-learn"
case $said in *vole-learn:*"install all of Vole"*) ;; *) fail "it says: $said" ;; esac

# The whole is gone with its folder, and nothing went elsewhere.
[ -z "$(find "$work/stage" -type f)" ] || fail "left behind: $(find "$work/stage" -type f)"
echo "The installed tree works: $(vole --version)"
