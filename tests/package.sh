#!/usr/bin/env bash
# Tries the packages where nothing of Vole has ever been: in bare Debian 12 systems, made here.
#   deb  installs the .deb with apt, runs the demo as a plain user, removes it; nothing may be left
#   tar  unpacks the .tar.gz in the home folder of a plain user, runs the demo there
# usage: bash tests/package.sh DIR [deb] [tar]      as root; DIR holds build/'s packages and the systems
#        VOLE_BUILD=FOLDER (default build), VOLE_DEMO="OPTIONS of vole demo" (default --minutes 1)
set -euo pipefail
if [ $# -lt 1 ] || [ "$(id -u)" -ne 0 ]; then
  sed -n '2,7{s/^# //;p}' "$0" >&2
  exit 2
fi
cd "$(dirname "$0")/.."
build=$(realpath "${VOLE_BUILD:-build}")
mkdir -p "$1"
work=$(realpath "$1")
shift
wanted=${*:-deb tar}
demo=${VOLE_DEMO:---minutes 1}

say() { printf '\n=== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
timed() { local start=$SECONDS; "$@"; echo "($((SECONDS - start)) s)"; }

# in_system SYSTEM COMMAND: as root of that system, with its own /proc.
in_system() {
  unshare --mount --pid --fork chroot "$1" bash -c "mount -t proc proc /proc && export LC_ALL=C.UTF-8 && $2"
}
as_user() { in_system "$1" "cd /home/lab && exec setpriv --reuid=lab --regid=lab --clear-groups env HOME=/home/lab PATH=/usr/bin:/bin bash -c \"$2\""; }

base=$work/base
if [ ! -e "$base/etc/debian_version" ]; then
  say "debootstrap"
  timed debootstrap --variant=minbase bookworm "$base" >"$work/debootstrap.log"
fi
fresh() {  # SYSTEM
  rm -rf "${work:?}/$1"
  cp -a "$base" "$work/$1"
  cp /etc/resolv.conf "$work/$1/etc/"
  in_system "$work/$1" "useradd -m -s /bin/bash lab"
}
package() {  # GENERATOR PATTERN
  say "cpack -G $1" >&2
  rm -f "$work"/$2
  timed cpack -G "$1" --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1 ||
    { cat "$work/cpack.log" >&2; fail cpack; }
  ls "$work"/$2
}

if [[ " $wanted " == *" deb "* ]]; then
  deb=$(package DEB 'vole_*.deb')
  ls -l "$deb"
  fresh debian
  system=$work/debian
  printf 'deb http://deb.debian.org/debian bookworm main\ndeb http://deb.debian.org/debian-security bookworm-security main\n' \
    >"$system/etc/apt/sources.list"
  in_system "$system" "apt-get -qq update"
  listing() { in_system "$system" "find / -xdev -path /proc -prune -o -path /var/lib/apt -prune -o -path /var/cache -prune -o -path /var/log -prune -o -print | sort"; }
  listing >"$work/before"
  cp "$deb" "$system/srv/vole.deb"
  say "apt-get install ./vole.deb"
  timed in_system "$system" "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /srv/vole.deb >/var/log/install.log 2>&1 || { cat /var/log/install.log; exit 1; }"
  rm "$system/srv/vole.deb"
  grep -E '^(Need to get|After this operation|Fetched)' "$system/var/log/install.log"
  say "vole as a plain user"
  as_user "$system" "vole --version && vole help | head -3 && vole models --architectures | head -5"
  timed as_user "$system" "vole demo /home/lab/demo $demo --quiet"
  say "apt-get purge"
  rm -rf "$system/home/lab/demo"
  in_system "$system" "DEBIAN_FRONTEND=noninteractive apt-get purge -y --autoremove vole >/dev/null 2>&1"
  listing >"$work/after"
  # What other packages leave behind is theirs (dpkg's own lists and backups, caches of ld.so).
  comm -13 "$work/before" "$work/after" | grep -i vole && fail "left behind"
  in_system "$system" "dpkg -l | grep -i vole" && fail "dpkg still knows of it"
  echo "Nothing of Vole is left. Left by its libraries: $(comm -13 "$work/before" "$work/after" | tr '\n' ' ')"
fi

if [[ " $wanted " == *" tar "* ]]; then
  tar=$(package TGZ 'vole-*.tar.gz')
  ls -l "$tar"
  fresh bare
  system=$work/bare
  cp "$tar" "$system/home/lab/vole.tar.gz"
  say "tar xf as a plain user, who has no root and no package of a library"
  timed as_user "$system" "tar xf vole.tar.gz && rm vole.tar.gz && mv vole-* 'my vole'"
  du -sh "$system/home/lab/my vole"
  as_user "$system" "'./my vole/bin/vole' --version"
  timed as_user "$system" "'./my vole/bin/vole' demo /home/lab/demo $demo --quiet"
  as_user "$system" "! env -u DISPLAY './my vole/bin/vole' open /home/lab/demo/demo.vole"
  [ -z "$(find "$system" -xdev -uid "$(stat -c %u "$system/home/lab")" -not -path "$system/home/lab/*" -not -path "$system/proc/*" -not -path "$system/tmp/*" -not -path "$system/home/lab" | head -1)" ] ||
    fail "it wrote outside of the home folder"
fi
say "The packages work."
