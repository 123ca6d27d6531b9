# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The newest QEMU that Debian packages, to compare with: unpacked with all that
# it needs, and not installed.  Source common.sh, apt.sh and qemu.sh first.

PACKAGED_RELEASE=$QEMU_RELEASE-backports
PACKAGED=$CXL_BUILD/packaged
PACKAGED_PROGRAM=qemu-system-x86_64

# packaged_depends VERSION: prints the packages that it consists of
packaged_depends() {
    cxl_apt "$PACKAGED_RELEASE" "$CXL_ARCH" apt-get --simulate install \
        --no-install-recommends -t "$PACKAGED_RELEASE" \
        "qemu-system-x86=$1" 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# packaged_wrapper DIR: prints a program that starts the one in DIR with the
# libraries of its own release, whatever the host has
packaged_wrapper() {
    local dir=$1 loader libraries
    loader=$(compgen -G "$dir/tree/usr/lib*/ld-linux*.so.*" | head -n 1) ||
        cxl_die "the packages in $dir/debs have no dynamic loader; delete" \
                "$dir and run this again."
    libraries=$(compgen -G "$dir/tree/usr/lib/*-linux-gnu" | head -n 1)
    cat <<WRAPPER
#!/bin/sh
# Made by scripts/lib/packaged.sh
exec "$loader" --library-path "$libraries:$libraries/pulseaudio" \\
    "$dir/tree/usr/bin/$PACKAGED_PROGRAM" -L "$dir/tree/usr/share/qemu" \\
    -L "$dir/tree/usr/share/seabios" -L "$dir/tree/usr/lib/ipxe/qemu" "\$@"
WRAPPER
}

# packaged_qemu: unpacks it, once, as build/packaged/qemu-system-x86_64
packaged_qemu() {
    local version packages debs=() package
    if [[ -x $PACKAGED/$PACKAGED_PROGRAM && -e $PACKAGED.key ]]; then
        cxl_say "qemu-system-x86 $(<"$PACKAGED.key")"
        return
    fi
    key_drop "$PACKAGED"
    cxl_apt_init "$PACKAGED_RELEASE" "$CXL_ARCH"
    version=$(cxl_apt_newest "$PACKAGED_RELEASE" "$CXL_ARCH" qemu-system-x86)
    mapfile -t packages < <(packaged_depends "$version")
    ((${#packages[@]})) ||
        cxl_die "Debian $PACKAGED_RELEASE ($CXL_ARCH) has no qemu-system-x86."
    cxl_say "qemu-system-x86 $version: ${#packages[@]} packages"
    cxl_apt_download "$PACKAGED/debs" "$PACKAGED_RELEASE" "$CXL_ARCH" \
        "${packages[@]}"
    for package in "${packages[@]}"; do
        debs+=("$(cxl_apt_have "$PACKAGED/debs" "$CXL_ARCH" "$package")")
    done
    cxl_apt_unpack "$PACKAGED/tree" "${debs[@]}"
    packaged_wrapper "$PACKAGED" >"$PACKAGED/$PACKAGED_PROGRAM"
    chmod +x "$PACKAGED/$PACKAGED_PROGRAM"
    "$PACKAGED/$PACKAGED_PROGRAM" --version >/dev/null ||
        cxl_die "Debian's QEMU $version does not start here, see above."
    key_set "$PACKAGED" "$version"
}
