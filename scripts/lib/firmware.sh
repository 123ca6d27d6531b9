# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a build takes from packages or from the user besides QEMU's source: meson
# and firmware.  Part of qemu.sh.
#
#   qemu_meson
#   cxl_meson ARGUMENT...
#   qemu_firmware SRC [DIR]

# qemu_meson: Debian 13's meson, unpacked; Debian 12's is too old for QEMU.  A
# host without apt has one, or QEMU's tree brings it.
qemu_meson() {
    local meson=$CXL_BUILD/meson debs=$CXL_BUILD/debs deb
    cxl_have_apt || return 0
    cxl_apt_download "$debs" "$QEMU_RELEASE" "$CXL_ARCH" meson
    deb=$(cxl_apt_have "$debs" "$CXL_ARCH" meson)
    key_is "$meson" "${deb##*/}" && return 0
    # A build and the tests of the model may want it at the same time.
    cxl_one_at_a_time "$CXL_BUILD/.meson.lock" qemu_unpack_meson "$meson" "$deb"
}

# qemu_unpack_meson DIR DEB: unless somebody else has done it
qemu_unpack_meson() {
    ! key_is "$1" "${2##*/}" || return 0
    key_drop "$1"
    cxl_apt_unpack "$1" "$2"
    key_set "$1" "${2##*/}"
}

# cxl_meson ARGUMENT...: runs it
cxl_meson() {
    if [[ ! -d $CXL_BUILD/meson ]]; then
        meson "$@"
        return
    fi
    PYTHONPATH=$CXL_BUILD/meson/usr/lib/python3/dist-packages \
        "$QEMU_PYTHON" "$CXL_BUILD/meson/usr/bin/meson" "$@"
}

# qemu_firmware SRC [DIR]: one directory with the firmware: a copy of DIR, or
# Debian's packages; on a host without apt, what the tree SRC brings
qemu_firmware() {
    if (($# > 1)); then
        qemu_firmware_copy "$2"
    elif cxl_have_apt; then
        qemu_firmware_packages
    else
        qemu_firmware_copy "$1/pc-bios"
    fi
}

# qemu_firmware_copy DIR: what QEMU and its guests load, from a directory
qemu_firmware_copy() {
    local dir=$1 key file image=edk2-aarch64-code.fd new=$QEMU_FIRMWARE.new
    key=$(cd "$dir" && echo "$dir" &&
          find . -maxdepth 1 -type f -printf '%P %s %T@\n' | LC_ALL=C sort)
    key=$(cxl_hash <<<"$key")
    key_is "$QEMU_FIRMWARE" "$key" && return 0

    # What is there goes last: DIR may be the same, or hold nothing.
    rm -rf "$new"
    mkdir -p "$new"
    for file in "$dir"/*.{bin,rom,fd,img,dtb} "$dir"/{AAVMF,keymaps}; do
        [[ ! -e $file ]] || cp -RL --sparse=always "$file" "$new/"
    done
    # QEMU's tree has the large ones packed.
    for file in "$dir"/edk2-*.fd.bz2; do
        [[ ! -e $file ]] ||
            "$QEMU_PYTHON" -c 'import bz2, sys
sys.stdout.buffer.write(bz2.open(sys.argv[1]).read())' "$file" |
                cp --sparse=always /dev/stdin "$new/$(basename "$file" .bz2)"
    done
    # What comes out of a pipe is its owner's alone.
    chmod -R a+rX "$new"
    [[ -e $new/QEMU_EFI.fd || ! -e $new/$image ]] ||
        ln -s "$image" "$new/QEMU_EFI.fd"
    [[ -e $new/bios-256k.bin || -e $new/QEMU_EFI.fd ]] ||
        cxl_die "$dir has no firmware: neither bios-256k.bin, nor QEMU_EFI.fd" \
                "or $image."
    key_drop "$QEMU_FIRMWARE"
    mv "$new" "$QEMU_FIRMWARE"
    key_set "$QEMU_FIRMWARE" "$key"
}

# qemu_firmware_packages: what Debian packages apart from QEMU
qemu_firmware_packages() {
    local debs=$CXL_BUILD/debs package path deb all=() key
    local packages=(seabios ipxe-qemu qemu-system-data qemu-efi-aarch64)
    cxl_apt_download "$debs" "$QEMU_RELEASE" "$CXL_ARCH" "${packages[@]}"
    for package in "${packages[@]}"; do
        deb=$(cxl_apt_have "$debs" "$CXL_ARCH" "$package")
        all+=("$deb")
    done
    key=$(printf '%s\n' "${all[@]##*/}" | cxl_hash)
    key_is "$QEMU_FIRMWARE" "$key" && return 0

    key_drop "$QEMU_FIRMWARE" "$QEMU_FIRMWARE.new"
    mkdir -p "$QEMU_FIRMWARE"
    cxl_apt_unpack "$QEMU_FIRMWARE.new" "${all[@]}"
    # Of the flash images, which are large, the two that boot Debian
    for package in usr/share/{qemu,seabios} \
                   usr/share/AAVMF/AAVMF_{CODE,VARS}.fd \
                   usr/share/qemu-efi-aarch64/QEMU_EFI.fd; do
        path=$QEMU_FIRMWARE.new/$package
        [[ ! -d $path ]] || path+=/.
        cp -RL --sparse=always "$path" "$QEMU_FIRMWARE/" ||
            cxl_die "a firmware package lacks $package; delete $debs and run" \
                    "this again."
    done
    rm -rf "$QEMU_FIRMWARE/firmware"
    rm -rf "$QEMU_FIRMWARE.new"
    key_set "$QEMU_FIRMWARE" "$key"
}
