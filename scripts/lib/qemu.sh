# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# QEMU's source tree and its build, in parts: qemu-source.sh, qemu-tree.sh,
# firmware.sh, qemu-build.sh.  Source common.sh and apt.sh first.
#
#   source         Debian's source package as downloaded
#   qemu-stripped  the tree without QEMU's own CXL emulation
#   qemu-patched   of that, the files that our patches touch, patched
#   qemu-src       the two together, with this project linked in
#   qemu           where qemu-src is built
#   sanitize       the same with few devices, under sanitizers
#   stock-src, stock   the same without any change of ours
#
# They lie in build/ for the default series of QEMU and in build/series-NUMBER
# for another: see qemu_use_series.
#
# Every directory has a key: a hash of all that it was made from.  One whose
# key is right is left alone; the key is written last, so that an
# interrupted step is done again.

# The series that there are patches for, the default first; and the Debian
# release whose index has the source of each
QEMU_SERIES_ALL=(10.0 10.2)
declare -A QEMU_SOURCE_RELEASE=([10.0]=trixie [10.2]=sid)
# Meson and firmware are Debian stable's whatever the series
QEMU_RELEASE=trixie
QEMU_FIRMWARE=$CXL_BUILD/firmware
QEMU_TARGETS=x86_64-softmmu,aarch64-softmmu
QEMU_PROGRAMS=(qemu-system-x86_64 qemu-system-aarch64 qemu-img)
# Ours, built beside them
QEMU_CXL_PROGRAMS=(subprojects/qemu-cxl/cxl-pool)
# The one that packages install modules for, and not one of the user's
QEMU_PYTHON=/usr/bin/python3
[[ -x $QEMU_PYTHON ]] || QEMU_PYTHON=$(command -v python3 || true)

# What a build needs on the host; all else comes through the private apt root
QEMU_HOST_PACKAGES=(
    acpica-tools ca-certificates ccache debian-archive-keyring dpkg-dev gcc
    libaio-dev libc6-dev libcap-ng-dev libfdt-dev libglib2.0-dev libnuma-dev
    libpixman-1-dev libslirp-dev libzstd-dev make ninja-build patch perl
    pkg-config python3 python3-venv xz-utils zlib1g-dev
)

# key_is DIR KEY / key_set DIR KEY: the key of a directory is DIR.key
key_is() {
    [[ -d $1 && -e $1.key && $(<"$1.key") == "$2" ]]
}

key_set() {
    printf '%s\n' "$2" >"$1.key.new"
    mv "$1.key.new" "$1.key"
}

# key_drop DIR...: deletes directories and, first, their keys
key_drop() {
    local dir
    for dir; do
        rm -f "$dir.key"
        rm -rf "$dir"
    done
}

# qemu_use_series NUMBER: all that follows is about this series; sets where
# each of its directories is, and QEMU_DIR, where its programs are
qemu_use_series() {
    [[ " ${QEMU_SERIES_ALL[*]} " == *" $1 "* ]] ||
        cxl_die "there are no patches for QEMU \"$1\"; the series that this" \
                "project knows: ${QEMU_SERIES_ALL[*]}."
    QEMU_SERIES=$1
    QEMU_PATCHES=$CXL_ROOT/patches/qemu-$1
    QEMU_DIR=$CXL_BUILD
    [[ $1 == "${QEMU_SERIES_ALL[0]}" ]] || QEMU_DIR+=/series-$1
    QEMU_SOURCE=$QEMU_DIR/source
    QEMU_STRIPPED=$QEMU_DIR/qemu-stripped
    QEMU_PATCHED=$QEMU_DIR/qemu-patched
    QEMU_SRC=$QEMU_DIR/qemu-src
    QEMU_BUILD=$QEMU_DIR/qemu
    QEMU_SANITIZE=$QEMU_DIR/sanitize
    QEMU_STOCK_SRC=$QEMU_DIR/stock-src
    QEMU_STOCK_BUILD=$QEMU_DIR/stock
    mkdir -p "$QEMU_DIR"
}

# qemu_series_of DIR: prints the series of a QEMU tree
qemu_series_of() {
    local version
    [[ -e $1/VERSION && -e $1/configure ]] ||
        cxl_die "$1 is not a source tree of QEMU."
    version=$(<"$1/VERSION")
    [[ " ${QEMU_SERIES_ALL[*]} " == *" ${version%.*} "* ]] ||
        cxl_die "$1 is QEMU $version; the series that this project knows:" \
                "${QEMU_SERIES_ALL[*]}."
    echo "${version%.*}"
}

# shellcheck source=qemu-source.sh
source "$CXL_ROOT/scripts/lib/qemu-source.sh"
# shellcheck source=qemu-tree.sh
source "$CXL_ROOT/scripts/lib/qemu-tree.sh"
# shellcheck source=firmware.sh
source "$CXL_ROOT/scripts/lib/firmware.sh"
# shellcheck source=qemu-build.sh
source "$CXL_ROOT/scripts/lib/qemu-build.sh"

qemu_use_series "${QEMU_SERIES_ALL[0]}"
