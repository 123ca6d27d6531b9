# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# QEMU's source tree and its build.  Source common.sh and apt.sh first.
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

# --- series ---------------------------------------------------------------

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

qemu_use_series "${QEMU_SERIES_ALL[0]}"

# --- source ---------------------------------------------------------------

# qemu_source: Debian's newest source package of the series; once
qemu_source() {
    local dsc release=${QEMU_SOURCE_RELEASE[$QEMU_SERIES]}
    dsc=$(qemu_dsc)
    if [[ -z $dsc ]]; then
        cxl_say "downloading the source of QEMU $QEMU_SERIES from Debian" \
                "$release"
        cxl_apt_source "$QEMU_SOURCE" "$release" qemu "$QEMU_SERIES."
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

# --- tree -----------------------------------------------------------------

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

# --- tools and firmware ---------------------------------------------------

# qemu_meson: Debian 13's meson, unpacked; Debian 12's is too old for QEMU.  A
# host without apt has one, or QEMU's tree brings it.
qemu_meson() {
    local meson=$CXL_BUILD/meson debs=$CXL_BUILD/debs deb
    cxl_have_apt || return 0
    cxl_apt_download "$debs" "$QEMU_RELEASE" "$CXL_ARCH" meson
    deb=$(cxl_apt_have "$debs" "$CXL_ARCH" meson)
    key_is "$meson" "${deb##*/}" && return 0
    key_drop "$meson"
    cxl_apt_unpack "$meson" "$deb"
    key_set "$meson" "${deb##*/}"
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
        [[ -e $1/pc-bios/bios-256k.bin ]] ||
            cxl_die "the tree has no firmware (pc-bios/bios-256k.bin); give a" \
                    "directory that has it with --firmware DIR, such as" \
                    "/usr/share/qemu of an installed QEMU."
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

    key_drop "$QEMU_FIRMWARE" "$new"
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
    [[ -e $new/QEMU_EFI.fd || ! -e $new/$image ]] ||
        ln -s "$image" "$new/QEMU_EFI.fd"
    [[ -e $new/bios-256k.bin || -e $new/QEMU_EFI.fd ]] ||
        cxl_die "$dir has no firmware: neither bios-256k.bin, nor QEMU_EFI.fd" \
                "or $image."
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

# --- build ----------------------------------------------------------------

# Every device, but of what else QEMU could have only what needs no further
# host package: the same program on every host, whatever is installed there
QEMU_FEATURES=(
    --without-default-features
    --enable-attr --enable-cap-ng --enable-coroutine-pool --enable-fdt=system
    --enable-hv-balloon --enable-keyring --enable-kvm --enable-l2tpv3
    --enable-linux-aio --enable-malloc-trim --enable-membarrier
    --enable-multiprocess --enable-numa --enable-pixman --enable-qcow1
    --enable-replication --enable-slirp --enable-stack-protector
    --enable-system --enable-tcg --enable-tools --enable-tpm --enable-vdi
    --enable-vhdx --enable-vhost-crypto --enable-vhost-kernel
    --enable-vhost-net --enable-vhost-user --enable-vhost-vdpa --enable-virtfs
    --enable-vmdk --enable-vnc --enable-vpc --enable-vvfat --enable-zstd
)

# qemu_features: of those, all that this series knows
qemu_features() {
    printf '%s\n' "${QEMU_FEATURES[@]}"
    # Later series look for these by themselves.
    [[ $CXL_ARCH != amd64 || $QEMU_SERIES != 10.0 ]] ||
        printf '%s\n' --enable-avx2 --enable-avx512bw
}

# qemu_configure SRC BUILD VERSION
qemu_configure() {
    local src=$1 build=$2 version=$3 key args features cc=gcc meson=
    mapfile -t features < <(qemu_features)
    ! command -v ccache >/dev/null || cc="ccache gcc"
    if [[ -e $CXL_BUILD/meson.key ]]; then
        meson=$CXL_BUILD/meson/usr/lib/python3/dist-packages
    fi
    args=(
        --target-list="$QEMU_TARGETS"
        --python="$QEMU_PYTHON"
        --cc="$cc"
        --disable-download
        --disable-docs
        --disable-werror
        --disable-debug-info --extra-cflags=-g1
        --disable-install-blobs
        --prefix=/usr/local --firmwarepath=/usr/local/share/qemu-firmware
        --with-pkgversion="$version"
        "${features[@]}"
    )
    key=$(printf '%s\n' "$src" "${args[@]}" \
                 "$(cat "$CXL_BUILD/meson.key" 2>/dev/null)" | cxl_hash)
    if key_is "$build" "$key" && [[ -e $build/build.ninja ]]; then
        return 0
    fi

    [[ $CXL_ROOT != *[[:space:]:]* ]] ||
        cxl_die "QEMU cannot be built in a path with spaces or colons; move" \
                "$CXL_ROOT and run this again."
    rm -f "$build.key"
    # The checkout was moved: nothing in there fits any more.
    grep -qsxF "SRC_PATH=$src" "$build/config-host.mak" || rm -rf "$build"
    mkdir -p "$build"
    rm -f "$build/build.ninja"
    (cd "$build" &&
     PYTHONPATH=${meson:-${PYTHONPATH:-}} \
         cxl_logged "configure-${build##*/}" "$src/configure" "${args[@]}") ||
        cxl_die "QEMU's configure failed, see above; delete $build and run" \
                "this again if the reason is not clear."
    # ninja runs meson again when a meson.build changes
    [[ -z $meson ]] || echo "$meson" \
        >"$(compgen -G "$build/pyvenv/lib/python3*/site-packages")/meson.pth"
    # Run from the build directory, programs look for firmware in here.
    ln -sfn "$QEMU_FIRMWARE" "$build/qemu-bundle/usr/local/share/qemu-firmware"
    key_set "$build" "$key"
}

# qemu_compile BUILD JOBS
qemu_compile() {
    local build=$1 log status=0
    log=$CXL_LOGS/compile-${build##*/}.log
    # The cache stays in the checkout, unless the user has one of their own.
    # A file that it does not have yet costs little more than without a cache
    # when dependencies come from the compiler's list and not from a run of the
    # preprocessor, and when headers may be as new as this build.
    export CCACHE_DIR=${CCACHE_DIR:-$CXL_BUILD/ccache} CCACHE_DEPEND=1 \
           CCACHE_SLOPPINESS=include_file_ctime,include_file_mtime
    ninja -C "$build" -j "$2" "${QEMU_PROGRAMS[@]}" 2>&1 </dev/null |
        tee "$log" | qemu_progress || status=$?
    if ((status)); then
        sed -n '/^FAILED: /,$p; /^ninja: error/p; /ERROR: /p' "$log" |
            head -n 40 | sed 's/^/      | /' >&2
        cxl_die "the compilation failed, see above; all of it is in $log."
    fi
    # QEMU's own warnings are its own business.
    grep -E '(qemu-cxl|hw/cxl)/[^:]*:[0-9]+:[0-9]+: warning:' "$log" |
        sed 's/^/      /' >&2 || true
}

# qemu_progress: a line per tenth of what ninja has to do, with a guess of the
# time that is left
qemu_progress() {
    local line tenth last=0 ready all started=$SECONDS left
    while IFS= read -r line; do
        [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
        ready=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
        tenth=$((10 * ready / all))
        ((all > 20 && tenth > last)) || continue
        left=$(((SECONDS - started) * (all - ready) / ready))
        cxl_say "$((10 * tenth))%, $ready of $all ($(cxl_elapsed);" \
                "$(cxl_minutes "$left") left)"
        last=$tenth
    done
}

# What scripts/check sanitize builds: a clang that checks every access and can
# fuzz, and no more than CXL and its tests need
QEMU_SANITIZE_DEVICES=configs/devices/x86_64-softmmu/cxl-sanitize.mak
QEMU_SANITIZE_FEATURES=(
    --cc="ccache clang" --extra-cflags=-O1
    --without-default-devices --with-devices-x86_64=cxl-sanitize
    --without-default-features
    --enable-asan --enable-fuzzing --enable-ubsan
    --enable-fdt=system --enable-kvm --enable-linux-aio --enable-membarrier
    --enable-pixman --enable-slirp --enable-system --enable-tcg
)

# qemu_sanitize PROGRAM...: builds these in build/sanitize, of a tree that
# scripts/build has prepared
qemu_sanitize() {
    # The functions below take these as they are here.
    local QEMU_TARGETS=x86_64-softmmu QEMU_PROGRAMS=("$@")
    local QEMU_FEATURES=("${QEMU_SANITIZE_FEATURES[@]}")
    ln -sfn "$CXL_ROOT/scripts/lib/sanitize.mak" \
        "$QEMU_SRC/$QEMU_SANITIZE_DEVICES"
    qemu_configure "$QEMU_SRC" "$QEMU_SANITIZE" sanitized
    qemu_compile "$QEMU_SANITIZE" "$(nproc)"
}

# qemu_links: the programs, where users look for them
qemu_links() {
    local program
    for program in "${QEMU_PROGRAMS[@]}"; do
        ln -sfn "${QEMU_BUILD##*/}/$program" "$QEMU_DIR/$program"
    done
}

# qemu_install BUILD PREFIX: programs and firmware; they find each other
# wherever PREFIX is, or is moved to
qemu_install() {
    local build=$1 prefix=$2 as=()
    if ! mkdir -p "$prefix" 2>/dev/null || [[ ! -w $prefix ]]; then
        cxl_need_root scripts/build --install "$prefix"
        as=(cxl_as_root)
    fi
    "${as[@]}" mkdir -p "$prefix/bin" "$prefix/share/qemu-firmware"
    "${as[@]}" install "${QEMU_PROGRAMS[@]/#/$build/}" "$prefix/bin/"
    "${as[@]}" cp -R --sparse=always "$QEMU_FIRMWARE/." \
        "$prefix/share/qemu-firmware/"
}
