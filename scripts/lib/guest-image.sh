# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The lab's guest: an unmodified Debian kernel and an initramfs put together
# from Debian packages.  Source common.sh and apt.sh first.
#
#   cxl_guest_arch NAME        the QEMU name of an architecture
#   cxl_guest_image ARCH KERNEL
#       sets CXL_GUEST_VMLINUZ, CXL_GUEST_INITRD, CXL_GUEST_RELEASE
#   cxl_guest_key              sets CXL_GUEST_KEY, the ssh key of this build
#   cxl_guest_host_packages ARCH...
#
# ARCH is x86_64 or aarch64.  KERNEL is 6.1, 6.12, newest, or (the beginning
# of) a version that Debian offers.
#
# shellcheck disable=SC2034 # the caller uses what is set
#
# The initramfs is three archives one after the other, which Linux unpacks in
# turn, so that each is made again only when something in it changed:
#   userland   from packages of $CXL_GUEST_USERLAND, one per architecture
#   modules    those drivers of one kernel that a CXL guest can use
#   files      scripts/guest: the init, the programs, the public ssh key

# shellcheck source=guest-kernel.sh
source "$CXL_ROOT/scripts/lib/guest-kernel.sh"

CXL_GUEST=$CXL_BUILD/guest
CXL_GUEST_USERLAND=trixie
CXL_GUEST_SOURCES=$CXL_ROOT/scripts/guest

# busybox stands in for every command that no other package brings.
CXL_GUEST_PACKAGES=(
    busybox-static cxl daxctl ndctl keyutils numactl kmod dropbear-bin
    e2fsprogs libblkid1 libc6 libcap2 libcom-err2 libcrypt1 libcxl1 libdaxctl1
    libext2fs2t64 libgmp10 libiniparser4 libjson-c5 libkeyutils1 libkmod2
    libndctl6 libnuma1 libss2 libssl3t64 libtomcrypt1 libtommath1
    libtraceevent1 libtracefs1 libudev1 libuuid1 libzstd1 zlib1g)

# cxl_guest_arch NAME: accepts Debian's and QEMU's names
cxl_guest_arch() {
    case $1 in
    x86_64 | amd64) echo x86_64 ;;
    aarch64 | arm64) echo aarch64 ;;
    *) cxl_die "there are no guests of architecture \"$1\"; choose x86_64 or" \
               "aarch64." ;;
    esac
}

cxl_guest_debian_arch() {
    case $1 in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    esac
}

# cxl_guest_publish FILE COMMAND...: FILE appears whole or not at all, and
# replaces what differs from it in the last part of the name only
cxl_guest_publish() {
    local file=$1 partial
    shift
    partial=$(mktemp "$CXL_GUEST/.work.XXXXXX")
    if "$@" >"$partial"; then
        chmod a+r "$partial"
        rm -f "${file%-*}"-*
        mv "$partial" "$file"
    else
        rm -f "$partial"
        return 1
    fi
}

# cxl_guest_cpio DIRECTORY: its content as an archive, owned by root
cxl_guest_cpio() {
    (cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
        cpio --quiet --null --create --format=newc --owner=0:0 --reproducible)
}

# --- the userland ----------------------------------------------------------

# cxl_guest_userland ARCH: sets CXL_GUEST_BASE
cxl_guest_userland() {
    local arch=$1 deb debs package files=() hash work
    deb=$(cxl_guest_debian_arch "$arch")
    debs=$CXL_GUEST/debs/userland-$deb
    cxl_apt_download "$debs" "$CXL_GUEST_USERLAND" "$deb" \
        "${CXL_GUEST_PACKAGES[@]}"
    for package in "${CXL_GUEST_PACKAGES[@]}"; do
        files+=("$(cxl_apt_have "$debs" "$deb" "$package")")
    done

    hash=$({ printf '%s\n' "${files[@]##*/}"
             declare -f cxl_guest_userland_tree; } | cxl_hash | cut -c 1-8)
    CXL_GUEST_BASE=$CXL_GUEST/userland-$arch-$hash
    [[ ! -e $CXL_GUEST_BASE ]] || return 0

    cxl_say "assembling the guest's userland from ${#files[@]} packages"
    cxl_host_packages cpio binutils
    work=$(mktemp -d "$CXL_GUEST/.work.XXXXXX")
    cxl_guest_userland_tree "$work/tree" "${files[@]}"
    cxl_guest_check_libraries "$work/tree"
    cxl_guest_publish "$CXL_GUEST_BASE" cxl_guest_cpio "$work/tree"
    rm -rf "$work"
}

# cxl_guest_userland_tree TREE DEB...: a root file system with a merged /usr
cxl_guest_userland_tree() {
    local tree=$1 dir
    shift
    cxl_apt_unpack "$tree" "$@"
    for dir in bin sbin lib lib64; do
        mkdir -p "$tree/usr/$dir"
        if [[ -d $tree/$dir && ! -L $tree/$dir ]]; then
            cp -a "$tree/$dir/." "$tree/usr/$dir/"
            rm -r "${tree:?}/$dir"
        fi
        ln -s "usr/$dir" "$tree/$dir"
    done
    rm -rf "$tree"/usr/share/{doc,man,locale,lintian,bash-completion,bug} \
        "$tree"/usr/share/{initramfs-tools,perl5,systemd} \
        "$tree"/usr/lib/{systemd,udev,init,tmpfiles.d} \
        "$tree"/usr/lib/*/{gconv,audit,engines-3,ossl-modules} \
        "$tree"/etc/{init.d,default,cron.d,dropbear,logrotate.d} \
        "$tree"/usr/lib/locale "${tree:?}"/var
    mkdir -p "$tree"/{proc,sys,dev,run,tmp,root,mnt,etc,var/log,var/run}
    ln -s busybox "$tree/usr/bin/sh"
    ln -s usr/bin/busybox "$tree/init"
}

# Every library that a program or library names must be there: a list of
# packages that fell behind should fail here and not in the guest.
cxl_guest_check_libraries() {
    local tree=$1 file library missing=()
    while read -r file library; do
        find "$tree/usr/lib" "$tree/usr/lib64" -name "$library" \
            -print -quit | grep -q . || missing+=("$library (${file##*/})")
    done < <(cd "$tree" && find usr -type f -print0 |
        xargs -0 readelf -d 2>/dev/null |
        sed -n -E 's/^File: (.*)/\1/; T need; h; d; :need
                   s/.*\(NEEDED\).*\[(.*)\]/\1/; T; G; s/(.*)\n(.*)/\2 \1/p' |
        sort -u -k 2,2)
    ((${#missing[@]} == 0)) ||
        cxl_die "the guest would lack ${missing[*]}; add the packages to" \
                "CXL_GUEST_PACKAGES in ${BASH_SOURCE[0]}."
}

# --- our own files ---------------------------------------------------------

# cxl_guest_key: makes the key pair of this build once, whoever else wants one
# at the same time
cxl_guest_key() {
    local dir=$CXL_BUILD/lab/.ssh
    CXL_GUEST_KEY=$dir/id_ed25519
    [[ ! -e $CXL_GUEST_KEY ]] || return 0
    cxl_host_packages openssh-client
    mkdir -p "$dir"
    chmod 700 "$dir"
    cxl_one_at_a_time "$dir/.lock" cxl_guest_new_key "$CXL_GUEST_KEY"
}

# cxl_guest_new_key FILE: unless somebody else has made it; FILE comes last, for
# who asks whether there is one
cxl_guest_new_key() {
    [[ ! -e $1 ]] || return 0
    # What an interrupted run left
    rm -f "$1.new" "$1.new.pub"
    ssh-keygen -q -t ed25519 -N '' -C cxl-lab -f "$1.new"
    mv "$1.new.pub" "$1.pub"
    mv "$1.new" "$1"
}

# cxl_guest_compiler ARCH: prints the compiler, and the packages that it is in
cxl_guest_compiler() {
    local arch=$1 deb
    deb=$(cxl_guest_debian_arch "$arch")
    if [[ $(dpkg --print-architecture) == "$deb" ]]; then
        echo gcc gcc libc6-dev
    else
        echo "$arch-linux-gnu-gcc" "gcc-${arch//_/-}-linux-gnu" \
             "libc6-dev-$deb-cross"
    fi
}

# cxl_guest_host_packages ARCH...: prints what making guests of these needs
cxl_guest_host_packages() {
    local arch compiler
    printf '%s\n' binutils cpio kmod openssh-client
    for arch; do
        read -r -a compiler < <(cxl_guest_compiler "$arch")
        printf '%s\n' "${compiler[@]:1}"
    done
}

# cxl_guest_files ARCH: sets CXL_GUEST_OWN
cxl_guest_files() {
    local arch=$1 hash work source program compiler
    cxl_guest_key
    hash=$({ find "$CXL_GUEST_SOURCES" -type f -printf '%P %m\n' | LC_ALL=C sort
             find "$CXL_GUEST_SOURCES" -type f -print0 | LC_ALL=C sort -z |
                 xargs -0 cat
             cat "$CXL_GUEST_KEY.pub"
             declare -f cxl_guest_files; } | cxl_hash | cut -c 1-8)
    CXL_GUEST_OWN=$CXL_GUEST/files-$arch-$hash
    [[ ! -e $CXL_GUEST_OWN ]] || return 0

    cxl_say "compiling the guest's programs for $arch"
    read -r -a compiler < <(cxl_guest_compiler "$arch")
    cxl_host_packages "${compiler[@]:1}"
    work=$(mktemp -d "$CXL_GUEST/.work.XXXXXX")
    cp -a "$CXL_GUEST_SOURCES/rootfs" "$work/tree"
    mkdir -p "$work/tree/root/.ssh" "$work/tree/root/src"
    cp "$CXL_GUEST_KEY.pub" "$work/tree/root/.ssh/authorized_keys"
    chmod 700 "$work/tree/root" "$work/tree/root/.ssh"
    for source in "$CXL_GUEST_SOURCES"/*.c; do
        program=$(basename "$source" .c)
        cxl_logged "guest-$program-$arch" "${compiler[0]}" -std=gnu11 -O2 -s \
            -Wall -Wextra -Werror -pthread -static \
            -o "$work/tree/root/$program" "$source" ||
            cxl_die "$source does not compile for $arch; the messages above" \
                    "say why."
    done
    cp "$CXL_GUEST_SOURCES"/*.[ch] "$work/tree/root/src/"
    cxl_guest_publish "$CXL_GUEST_OWN" cxl_guest_cpio "$work/tree"
    rm -rf "$work"
}

# --- all of it -------------------------------------------------------------

# cxl_guest_image ARCH KERNEL: one bootable guest
cxl_guest_image() {
    local arch=$1 kernel=$2 hash lock
    mkdir -p "$CXL_GUEST"
    exec {lock}>"$CXL_GUEST/.lock"
    flock "$lock"
    # What an interrupted run left
    rm -rf "$CXL_GUEST"/.work.* "$CXL_GUEST"/kernel/.work.*

    cxl_guest_kernel "$arch" "$kernel"
    cxl_guest_userland "$arch"
    cxl_guest_files "$arch"
    hash=$(printf '%s\n' "$CXL_GUEST_BASE" "$CXL_GUEST_MODULES" \
        "$CXL_GUEST_OWN" | cxl_hash | cut -c 1-8)
    CXL_GUEST_INITRD=$CXL_GUEST/initrd-$arch-$CXL_GUEST_RELEASE-$hash
    [[ -e $CXL_GUEST_INITRD ]] ||
        cxl_guest_publish "$CXL_GUEST_INITRD" \
            cat "$CXL_GUEST_BASE" "$CXL_GUEST_MODULES" "$CXL_GUEST_OWN"
    exec {lock}>&-
}
