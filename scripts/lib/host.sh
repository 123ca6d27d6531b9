# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Hosts without apt: what a build needs is looked for by running it, and what
# is missing is told in one go.  Source common.sh first.
#
#   cxl_have_apt
#   cxl_host_arch
#   host_check_needs DIR [FIRMWARE]

# cxl_have_apt: is this a host whose packages are Debian's?
cxl_have_apt() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# cxl_host_arch: prints Debian's name of the host's architecture
cxl_host_arch() {
    local machine
    dpkg --print-architecture 2>/dev/null && return 0
    machine=$(uname -m)
    case $machine in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) echo "$machine" ;;
    esac
}

# What a build needs: how it is found, and the package that has it in the words
# of apt, dnf, pacman and zypper
#
#   run COMMAND     it is installed
#   python CODE     Python runs it
#   lib NAME        pkg-config knows it
#   header FILE     the compiler finds it
HOST_NEEDS=(
    'run gcc|gcc|gcc|gcc|gcc'
    'run ninja|ninja-build|ninja-build|ninja|ninja'
    'run make|make|make|make|make'
    'run patch|patch|patch|patch|patch'
    'run perl|perl|perl|perl|perl'
    'run pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkg-config'
    'run tar|tar|tar|tar|tar'
    'run flock|util-linux|util-linux-core|util-linux|util-linux'
    'python import sys; assert sys.version_info >= (3, 9)|python3|python3|python|python3'
    'python import venv, ensurepip|python3-venv|python3-pip|python|python3-pip'
    'header stdio.h|libc6-dev|glibc-devel|glibc|glibc-devel'
    'header libaio.h|libaio-dev|libaio-devel|libaio|libaio-devel'
    'header libfdt.h|libfdt-dev|libfdt-devel|dtc|libfdt-devel'
    'header numa.h|libnuma-dev|numactl-devel|numactl|libnuma-devel'
    'header cap-ng.h|libcap-ng-dev|libcap-ng-devel|libcap-ng|libcap-ng-devel'
    'lib glib-2.0 >= 2.66|libglib2.0-dev|glib2-devel|glib2|glib2-devel'
    'lib pixman-1|libpixman-1-dev|pixman-devel|pixman|libpixman-1-0-devel'
    'lib slirp|libslirp-dev|libslirp-devel|libslirp|libslirp-devel'
    'lib libzstd|libzstd-dev|libzstd-devel|zstd|libzstd-devel'
    'lib zlib|zlib1g-dev|zlib-devel|zlib|zlib-devel'
)
# For a tree that does not bring a meson of its own
HOST_NEEDS_MESON='python import mesonbuild.coredata as c; assert tuple(map(int, c.version.split(".")[:2])) >= (1, 5)|meson|meson|meson|meson'

# What installs a column of packages
HOST_INSTALL=('apt-get install' 'dnf install' 'pacman -S' 'zypper install')

# host_has KIND WHAT: does a probe of the table find it?
host_has() {
    case $1 in
    run) command -v "$2" ;;
    python) "$QEMU_PYTHON" -c "$2" ;;
    lib) pkg-config --exists "$2" ;;
    header) gcc -E -include "$2" -x c /dev/null ;;
    esac >/dev/null 2>&1
}

# host_check_needs DIR [FIRMWARE]: ends the script when anything is missing that
# a build of the QEMU tree DIR needs, with firmware from the directory FIRMWARE
# or the tree, after saying all that is
host_check_needs() {
    local row names missing=() packages=('' '' '' '') i
    local rows=("${HOST_NEEDS[@]}") firmware=''

    (($# > 1)) || [[ -e $1/pc-bios/bios-256k.bin ]] ||
        firmware="the tree has no firmware (pc-bios/bios-256k.bin); give a \
directory that has it with --firmware DIR, such as /usr/share/qemu of an \
installed QEMU."
    compgen -G "$1/python/wheels/meson-*.whl" >/dev/null ||
        rows+=("$HOST_NEEDS_MESON")
    for row in "${rows[@]}"; do
        IFS='|' read -r -a names <<<"$row"
        host_has "${names[0]%% *}" "${names[0]#* }" && continue
        missing+=("${names[1]}")
        for i in 0 1 2 3; do
            [[ " ${packages[i]} " == *" ${names[i + 1]} "* ]] ||
                packages[i]+=" ${names[i + 1]}"
        done
    done
    if ((${#missing[@]} == 0)); then
        [[ -z $firmware ]] || cxl_die "$firmware"
        return 0
    fi

    [[ -z $firmware ]] || cxl_say "$firmware"
    cxl_say "missing on this host: ${missing[*]}; to install them, one of"
    for i in 0 1 2 3; do
        cxl_say "  ${HOST_INSTALL[i]}${packages[i]}"
    done
    cxl_die "install what is missing and run this again."
}
