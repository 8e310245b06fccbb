#!/usr/bin/env bash
# `cpack -G DEB` packs the same bytes each time, and lintian finds no error in them.
# usage: bash tests/app/package_test.sh BUILD_FOLDER
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
for tool in dpkg-shlibdeps file; do
  command -v $tool >/dev/null || { echo "$tool is not installed, so nothing can be packed"; exit 0; }
done

umask 022  # the .deb itself keeps the modes of its three parts
pack() {  # FOLDER
  mkdir "$work/$1"
  cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/$1" >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "cpack"; }
}
pack first
pack second
package=$(ls "$work"/first/*.deb)
name=$(basename "$package")
[[ $name =~ ^vole_[0-9.]+_[a-z0-9]+\.deb$ ]] || fail "the package is called $name"
cmp "$package" "$work/second/$name" || fail "packed twice, the package differs"

dpkg-deb -c "$package" | awk '{print $6}' >"$work/files"
for file in bin/vole libexec/vole/vole-learn share/doc/vole/changelog.gz share/doc/vole/copyright \
  share/man/man1/vole-train.1.gz share/bash-completion/completions/vole \
  share/zsh/vendor-completions/_vole share/fish/vendor_completions.d/vole.fish; do
  grep -qx "./usr/$file" "$work/files" || fail "$file is not in the package"
done
for library in libtorch libopencv-core libavformat libsqlite3; do
  dpkg-deb -f "$package" Depends | grep -q "$library" || fail "it does not depend on $library"
done
for field in Maintainer Section Installed-Size Description; do
  [ -n "$(dpkg-deb -f "$package" $field)" ] || fail "it has no $field"
done
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error "$package" || fail "lintian finds errors"
else
  echo "not checked by lintian, which is not installed"
fi
echo "$name: $(stat -c %s "$package") bytes"
