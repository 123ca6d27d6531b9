# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# QEMU's source, as Debian or the user has it.  Part of qemu.sh.
#
#   qemu_source
#   qemu_source_key [DIR]
#   qemu_unpack DEST [DIR]
#   qemu_checkpatch

# qemu_source: Debian's newest source package of the series; once
qemu_source() {
    local dsc release=${QEMU_SOURCE_RELEASE[$QEMU_SERIES]}
    dsc=$(qemu_dsc)
    if [[ -z $dsc ]]; then
        cxl_say "downloading the source of QEMU $QEMU_SERIES from Debian" \
                "$release"
        cxl_apt_source "$QEMU_SOURCE" "$release" qemu "$QEMU_SERIES." \
            "give a tree of QEMU $QEMU_SERIES with --qemu-src DIR"
        dsc=$(qemu_dsc)
    fi
    [[ $dsc == */qemu_"$QEMU_SERIES".* ]] ||
        cxl_die "$QEMU_SOURCE has ${dsc##*/}, not $QEMU_SERIES.x; delete it," \
                "or give a $QEMU_SERIES tree with --qemu-src DIR."
    cxl_say "${dsc##*/}"
}

qemu_dsc() {
    compgen -G "$QEMU_SOURCE/qemu_*.dsc" | head -n 1 || true
}

# qemu_source_key [DIR]: what identifies the source, or the user's tree
qemu_source_key() {
    if (($#)); then
        (cd "$1" && echo "$1" && find . "${QEMU_SKIP[@]}" -type f \
             -printf '%P %s %T@\n' | LC_ALL=C sort) | cxl_hash
    else
        basename "$(qemu_dsc)"
    fi
}

# What is not copied of a tree that the user has
QEMU_SKIP=(\( -name .git -o -path './build*' \) -prune -o)

# qemu_unpack DEST [DIR]: the source as it is, from Debian's package or DIR
qemu_unpack() {
    local dest=$1
    rm -rf "$dest" "$QEMU_DIR"/*.tmp-extract.*
    if (($# > 1)); then
        mkdir -p "$dest"
        (cd "$2" && find . "${QEMU_SKIP[@]}" \( -type f -o -type l \) \
             -print0 | tar --null -T - -cf -) | tar -C "$dest" -xf -
    else
        # apt has checked what it downloaded.
        cxl_logged qemu-unpack dpkg-source --no-check --no-copy \
            -x "$(qemu_dsc)" "$dest" ||
            cxl_die "the source package could not be unpacked; delete" \
                    "$QEMU_SOURCE and run this again."
    fi
    [[ $(cat "$dest/VERSION" 2>/dev/null) == "$QEMU_SERIES".* ]] ||
        cxl_die "${2:-$QEMU_SOURCE} is not a tree of QEMU $QEMU_SERIES.x."
    # Sources of firmware, which comes from packages: more than all the rest
    find "$dest/roms" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
}

# qemu_checkpatch: of the source, checkpatch.pl alone, as QEMU_CHECKPATCH
qemu_checkpatch() {
    local tar
    QEMU_CHECKPATCH=$QEMU_SRC/scripts/checkpatch.pl
    [[ ! -e $QEMU_CHECKPATCH ]] || return 0
    QEMU_CHECKPATCH=$CXL_BUILD/checkpatch.pl
    [[ ! -e $QEMU_CHECKPATCH ]] || return 0
    qemu_source
    tar=$(compgen -G "$QEMU_SOURCE/qemu_*.orig.tar.xz" | head -n 1)
    cxl_logged checkpatch tar -C "$CXL_BUILD" -xJf "$tar" --no-same-owner \
        --wildcards --transform 's,.*/,,' '*/scripts/checkpatch.pl' ||
        cxl_die "${tar##*/} has no scripts/checkpatch.pl; delete" \
                "$QEMU_SOURCE and run this again."
}
