#!/usr/bin/env bash
# The Debian packages that Vole is built from and tested with, and one function that installs what is
# missing. Sourced by app/demo.sh and tests/run.sh; run by itself it only installs.

vole_build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libtorch-dev libopenblas-pthread-dev
  libopencv-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
  libsqlite3-dev libhdf5-dev zlib1g-dev libzip-dev libpugixml-dev libssl-dev libcurl4-openssl-dev libgloo-dev liblo-dev
  nlohmann-json3-dev libyaml-cpp-dev libnanoflann-dev libcli11-dev libspdlog-dev libfmt-dev
  libimgui-dev libstb-dev libglfw3-dev libgl-dev libopengl-dev libfontconfig-dev fonts-dejavu-core
)
vole_packing_packages=(dpkg-dev file patchelf)  # cpack -G DEB, cpack -G TGZ
vole_test_packages=(
  doctest-dev jq sqlite3 xvfb xdotool libgl1-mesa-dri imagemagick ffmpeg util-linux
  python3-torchvision  # the original networks, which ours are compared with
  python3-h5py         # reads what is written as HDF5
  groff-base zsh fish desktop-file-utils appstream libxml2-utils shared-mime-info  # what is installed
  "${vole_packing_packages[@]}" lintian
)

# vole_install PACKAGE... : installs those that are not installed yet; asks for root only then.
vole_install() {
  local package missing=() as_root=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "vole: apt-get is not here; Vole installs its libraries from Debian 12 packages." \
      "Install these by hand: ${missing[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "vole: packages are missing and installing them needs root. As root, run:" \
        "apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
      --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "vole: installing packages failed; is this Debian 12 with a network connection?" >&2
    return 1
  }
}

# vole_configure SOURCE BUILD [CMAKE OPTION...] : configures once; again only when options change.
vole_configure() {
  local source=$1 build=$2 log=$2/configure.log
  shift 2
  mkdir -p "$build"
  if ! cmake -S "$source" -B "$build" -G Ninja "$@" >"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "vole: configuring failed; the whole output is in $log" >&2
    return 1
  fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  vole_install "${vole_build_packages[@]}" "${vole_test_packages[@]}" && echo "All packages are installed."
fi
