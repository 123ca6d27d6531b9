# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Configuration and compilation of a tree.  Part of qemu.sh.
#
#   qemu_configure SRC BUILD VERSION
#   qemu_compile BUILD JOBS
#   qemu_sanitize PROGRAM...
#   qemu_links
#   qemu_install BUILD PREFIX

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
        # A generator names all that it would have made in one line.
        sed -n '/^FAILED: /,$p; /^ninja: error/p; /ERROR: /p' "$log" |
            head -n 40 | cut -c 1-500 | sed 's/^/      | /' >&2
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
    ln -sfn subprojects/qemu-cxl/cxl-pool "$QEMU_SANITIZE/cxl-pool"
}

# qemu_links: the programs, where users look for them
qemu_links() {
    local program
    for program in "${QEMU_PROGRAMS[@]}"; do
        ln -sfn "${QEMU_BUILD##*/}/$program" "$QEMU_DIR/${program##*/}"
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
