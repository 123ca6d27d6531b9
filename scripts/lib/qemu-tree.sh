# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The tree that is built: QEMU without its own CXL emulation, with the patches,
# and with this project linked in.  Part of qemu.sh.
#
#   qemu_tree [DIR]
#   qemu_stock_tree [DIR]
#   qemu_linked, qemu_all_patches, qemu_patched_files PATCH...

# qemu_list FILE: a list's lines without comments and blank lines
qemu_list() {
    sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$1"
}

# qemu_strip TREE: deletes QEMU's own CXL emulation
qemu_strip() {
    local path
    while read -r path; do
        [[ -e $1/$path ]] ||
            cxl_die "the tree has no $path, which" \
                    "patches/qemu-$QEMU_SERIES/removed-files deletes; this is" \
                    "not a QEMU that the patches were made for."
        rm -rf "${1:?}/$path"
    done < <(qemu_list "$QEMU_PATCHES/removed-files")
    cxl_logged qemu-strip "$QEMU_PYTHON" \
        "$CXL_ROOT/scripts/lib/strip-definitions.py" \
        "$QEMU_PATCHES/removed-definitions" "$1" ||
        cxl_die "QEMU's own CXL emulation could not be taken out; this is not" \
                "a QEMU that the patches were made for."
}

# qemu_linked: what of the tree is a link into this project
qemu_linked() {
    printf '%s\n' subprojects/qemu-cxl include/hw/cxl qapi/cxl.json \
        "$QEMU_SANITIZE_DEVICES"
}

# qemu_link TREE: this project as meson subproject, and its headers and schema
# where QEMU looks for them
qemu_link() {
    ln -sfn "$CXL_ROOT" "$1/subprojects/qemu-cxl"
    ln -sfn "$CXL_ROOT/include/hw/cxl" "$1/include/hw/cxl"
    ln -sfn "$CXL_ROOT/qapi/cxl.json" "$1/qapi/cxl.json"
}

# qemu_patched_files PATCH...: the files that patches touch
qemu_patched_files() {
    (($#)) || return 0
    sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$@" | LC_ALL=C sort -u
}

qemu_all_patches() {
    { compgen -G "$QEMU_PATCHES/[0-9][0-9][0-9][0-9]-*.patch" || true; } |
        LC_ALL=C sort
}

# qemu_patch DEST: DEST receives the files that the patches touch, patched
qemu_patch() {
    local dest=$1 file patch series=()
    mapfile -t series < <(qemu_all_patches)

    rm -rf "$dest"
    mkdir -p "$dest"
    while read -r file; do
        [[ -e $QEMU_STRIPPED/$file ]] || continue
        mkdir -p "$dest/$(dirname "$file")"
        cp -p "$QEMU_STRIPPED/$file" "$dest/$file"
    done < <(qemu_patched_files "${series[@]}")
    for patch in "${series[@]}"; do
        cxl_logged qemu-patch patch -d "$dest" -p1 --fuzz=0 --force \
            --no-backup-if-mismatch -i "$patch" ||
            cxl_die "${patch#"$CXL_ROOT"/} does not apply to QEMU" \
                    "$(<"$QEMU_STRIPPED/VERSION"); adapt it, or give another" \
                    "$QEMU_SERIES tree with --qemu-src DIR."
    done
}

# qemu_check_edits: ends the script when qemu-src holds edits of patched
# files that would be lost
qemu_check_edits() {
    local file
    [[ -d $QEMU_PATCHED && -d $QEMU_SRC ]] || return 0
    while read -r file; do
        cmp -s "$QEMU_PATCHED/$file" "$QEMU_SRC/$file" ||
            cxl_die "$QEMU_SRC/$file holds edits that no patch has; keep" \
                    "them with scripts/refresh-patches or drop them by" \
                    "deleting $QEMU_SRC."
    done < <(find "$QEMU_PATCHED" -type f -printf '%P\n')
}

# qemu_overlay: brings qemu-src up to date with new patches; a file that does
# not change keeps its time stamp, so that only what must be is compiled
qemu_overlay() {
    local file new=$QEMU_PATCHED.new
    qemu_patch "$new"
    qemu_check_edits
    while read -r file; do
        if [[ -e $new/$file ]]; then
            cmp -s "$new/$file" "$QEMU_SRC/$file" && continue
            mkdir -p "$QEMU_SRC/$(dirname "$file")"
            cp --remove-destination "$new/$file" "$QEMU_SRC/$file"
        elif [[ -e $QEMU_STRIPPED/$file ]]; then
            cp --remove-destination "$QEMU_STRIPPED/$file" "$QEMU_SRC/$file"
        else
            rm -f "$QEMU_SRC/$file"
        fi
    done < <(find "$new" "$QEMU_PATCHED" -type f -printf '%P\n' 2>/dev/null |
             LC_ALL=C sort -u)
}

# qemu_tree_key: what qemu-src is made from
qemu_tree_key() {
    local series=()
    mapfile -t series < <(qemu_all_patches)
    { cat "$QEMU_STRIPPED.key" "${series[@]}" && echo "$CXL_ROOT"; } | cxl_hash
}

# qemu_adopt_patches: qemu-patched.new is what qemu-src holds
qemu_adopt_patches() {
    rm -rf "$QEMU_PATCHED"
    mv "$QEMU_PATCHED.new" "$QEMU_PATCHED"
    key_set "$QEMU_SRC" "$(qemu_tree_key)"
}

# qemu_tree [DIR]: makes qemu-src what the source and the patches ask for
qemu_tree() {
    local key
    key=$( (qemu_source_key "$@"
            cat "$QEMU_PATCHES"/removed-* \
                "$CXL_ROOT/scripts/lib/strip-definitions.py") | cxl_hash)

    if ! key_is "$QEMU_STRIPPED" "$key"; then
        cxl_say "unpacking, and taking out QEMU's own CXL emulation"
        qemu_check_edits
        qemu_unpack "$QEMU_STRIPPED.new" "$@"
        qemu_strip "$QEMU_STRIPPED.new"
        # Time stamps of another source say nothing about these objects.
        key_drop "$QEMU_BUILD" "$QEMU_SRC" "$QEMU_PATCHED" "$QEMU_STRIPPED"
        mv "$QEMU_STRIPPED.new" "$QEMU_STRIPPED"
        key_set "$QEMU_STRIPPED" "$key"
    fi
    if [[ ! -d $QEMU_SRC ]]; then
        key_drop "$QEMU_BUILD" "$QEMU_SRC" "$QEMU_SRC.new" "$QEMU_PATCHED"
        cp -a --reflink=auto "$QEMU_STRIPPED" "$QEMU_SRC.new"
        mv "$QEMU_SRC.new" "$QEMU_SRC"
    fi
    if ! key_is "$QEMU_SRC" "$(qemu_tree_key)"; then
        cxl_say "applying the patches"
        qemu_overlay
        qemu_link "$QEMU_SRC"
        qemu_adopt_patches
    fi
}

# qemu_stock_tree [DIR]: the source without any change of ours
qemu_stock_tree() {
    local key
    key=$(qemu_source_key "$@")
    key_is "$QEMU_STOCK_SRC" "$key" && return 0
    cxl_say "unpacking"
    key_drop "$QEMU_STOCK_BUILD" "$QEMU_STOCK_SRC"
    qemu_unpack "$QEMU_STOCK_SRC.new" "$@"
    mv "$QEMU_STOCK_SRC.new" "$QEMU_STOCK_SRC"
    key_set "$QEMU_STOCK_SRC" "$key"
}
