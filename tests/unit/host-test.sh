#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hosts that are not Debian, and sources that Debian no longer has: what a user
# is told.  Apt and dpkg are hidden from PATH.  Prints TAP; needs no network
# and builds nothing.
#
# shellcheck disable=SC2317 # ok() and the libraries call functions by name

set -euo pipefail

CXL_ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=../../scripts/lib/common.sh
source "$CXL_ROOT/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/apt.sh
source "$CXL_ROOT/scripts/lib/apt.sh"
# shellcheck source=../../scripts/lib/qemu.sh
source "$CXL_ROOT/scripts/lib/qemu.sh"

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
NUMBER=0
STATUS=0

# ok NAME CONDITION...: a result; what the last say() kept explains a failure
ok() {
    local name=$1
    shift
    NUMBER=$((NUMBER + 1))
    if "$@"; then
        echo "ok $NUMBER - host/$name"
    else
        STATUS=1
        sed 's/^/# /' "$TMP/said"
        echo "not ok $NUMBER - host/$name"
    fi
}

# say COMMAND...: keeps what it says and how it ends
say() {
    ENDED=0
    ("$@") >"$TMP/said" 2>&1 </dev/null || ENDED=$?
}

# said WORDS...: the command failed, and said all of these, over any lines
said() {
    local text words
    text=$(tr -s ' \n' ' ' <"$TMP/said")
    ((ENDED == 1)) || return 1
    for words; do
        [[ $text == *"$words"* ]] || return 1
    done
}

# firmware_is_fine: what is missing is something else
firmware_is_fine() {
    said 'missing on this host' && ! said 'no firmware'
}

# farm DIR HIDDEN...: every command of this host but those
farm() {
    local dir=$1 from name
    mkdir -p "$dir"
    for from in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
        cp -sn "$from"/* "$dir/" 2>/dev/null || true
    done
    for name in "${@:2}"; do
        # shellcheck disable=SC2086 # a pattern
        rm -f "$dir"/$name
    done
}

# tree DIR VERSION: enough of a QEMU to be asked for
tree() {
    mkdir -p "$1/pc-bios"
    echo "$2" >"$1/VERSION"
    : >"$1/configure"
}

BUILD=$CXL_ROOT/scripts/build
farm "$TMP/bin" 'apt*' 'dpkg*'
farm "$TMP/few" 'apt*' 'dpkg*' ninja pkg-config
tree "$TMP/10.2" 10.2.2
tree "$TMP/9.2" 9.2.4

say env PATH="$TMP/bin" "$BUILD"
ok no-apt said 'has no apt' '(10.0 10.2)' '--qemu-src DIR'
say "$BUILD" --qemu-src "$TMP/9.2"
ok other-series said 'is QEMU 9.2.4' '10.0 10.2'
say "$BUILD" --qemu-src "$TMP"
ok no-tree said 'is not a source tree of QEMU'
say "$BUILD" --series 10.0 --qemu-src "$TMP/10.2"
ok not-that-series said 'is QEMU 10.2, not 10.0'

# What is missing comes in one go, in everybody's words.
say env PATH="$TMP/few" "$BUILD" --qemu-src "$TMP/10.2"
ok missing said 'missing on this host: ninja-build ' ' pkg-config ' \
    'install what is missing and run this again'
ok missing-apt said 'apt-get install ninja-build '
ok missing-dnf said 'dnf install ninja-build ' ' pkgconf-pkg-config '
ok missing-pacman said 'pacman -S ninja ' ' pkgconf '
ok missing-zypper said 'zypper install ninja ' ' pkg-config '
# Firmware is told with the rest, before anything is unpacked.
ok missing-firmware said 'bios-256k.bin' '--firmware DIR'
say env PATH="$TMP/few" "$BUILD" --qemu-src "$TMP/10.2" --firmware "$TMP"
ok given-firmware firmware_is_fine
say env PATH="$TMP/few" "$BUILD" --qemu-src "$TMP/10.2"
# Without pkg-config no library is found either.
ok missing-libraries said 'libslirp-devel' 'libpixman-1-dev' 'glib2 '

say env PATH="$TMP/bin" "$CXL_ROOT/scripts/cxl-lab" image
ok no-image said 'has no apt' '--kernel FILE' '--initrd FILE'

# Firmware of the tree, or of the user
QEMU_FIRMWARE=$TMP/firmware
cxl_have_apt() { false; }
say qemu_firmware "$TMP/10.2" "$TMP/10.2/pc-bios"
ok empty-firmware said 'has no firmware' 'QEMU_EFI.fd'
echo BIOS >"$TMP/10.2/pc-bios/bios-256k.bin"
"$QEMU_PYTHON" -c 'import bz2, sys; open(sys.argv[1], "wb").write(
    bz2.compress(b"EDK2"))' "$TMP/10.2/pc-bios/edk2-aarch64-code.fd.bz2"
say qemu_firmware "$TMP/10.2"
ok firmware test "$ENDED$(cat "$QEMU_FIRMWARE"/{bios-256k.bin,QEMU_EFI.fd})" \
    = "0BIOS
EDK2"
ok firmware-for-all test "$(stat -Lc %a "$QEMU_FIRMWARE/QEMU_EFI.fd")" = 644
say qemu_firmware "$TMP/10.2" "$TMP/9.2/pc-bios"
ok firmware-stays test "$ENDED$(cat "$QEMU_FIRMWARE/bios-256k.bin")" = 1BIOS
say qemu_firmware "$TMP/10.2" "$QEMU_FIRMWARE"
ok firmware-of-itself test "$ENDED$(cat "$QEMU_FIRMWARE/bios-256k.bin")" \
    = 0BIOS

# Nothing else is missing.
# shellcheck disable=SC2034 # host_check_needs reads them
HOST_NEEDS=() HOST_NEEDS_MESON='run true|||'
say host_check_needs "$TMP/10.2"
ok nothing-missing test "$ENDED" = 0
say host_check_needs "$TMP/9.2"
ok no-firmware said 'bios-256k.bin' '--firmware DIR'

# Of Debian's versions, the newest of the series; and none
cxl_apt_init() { :; }
cxl_logged() { :; }
cxl_apt_sources_of() {
    printf 'Version: 1:%s\n' 10.0.8+ds-1 10.2.9+ds-1 10.2.10+ds-1 11.1.3+ds-1
}
ok newest test "$(cxl_apt_newest_source sid amd64 qemu 10.2.)" \
    = 1:10.2.10+ds-1
say cxl_apt_source "$TMP/source" sid qemu 10.3. \
    'give a tree of QEMU 10.3 with --qemu-src DIR'
ok gone said 'Debian sid has no source of qemu 10.3' 'up to 1:11.1.3+ds-1' \
    'give a tree of QEMU 10.3 with --qemu-src DIR'

echo "1..$NUMBER"
exit "$STATUS"
