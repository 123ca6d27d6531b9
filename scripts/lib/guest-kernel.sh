# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The kernel of a guest, and of its drivers those that a CXL guest can use.
# Part of guest-image.sh.
#
#   cxl_guest_kernel ARCH KERNEL
#       sets CXL_GUEST_VMLINUZ, CXL_GUEST_MODULES, CXL_GUEST_RELEASE
#
# shellcheck disable=SC2034 # guest-image.sh uses what is set

# Directories of drivers that go in whole, and single drivers.  What a kernel
# has built in, or does not have, is not missed.
CXL_GUEST_DRIVERS=(
    drivers/cxl drivers/dax drivers/nvdimm drivers/perf/cxl_pmu
    drivers/acpi/apei/einj
    e1000 e1000e virtio_net virtio_pci virtio_mmio virtio_blk virtio_rng
    virtio_scsi ahci sd_mod nvme ext4 xfs 9p 9pnet_virtio
    crc32c_generic crc32c_intel crc32c_cryptoapi)

# cxl_guest_kernel_package ARCH KERNEL: prints the release and the name of
# the package that holds the kernel
cxl_guest_kernel_package() {
    local arch=$1 kernel=$2 deb release package version
    deb=$(cxl_guest_debian_arch "$arch")

    case $kernel in
    6.1) release=bookworm ;;
    6.12) release=trixie ;;
    newest) release=trixie-backports ;;
    [0-9]*)
        for release in trixie-backports bookworm; do
            cxl_apt_init "$release" "$deb" >&2
            package=$(cxl_apt "$release" "$deb" apt-cache pkgnames \
                          "linux-image-$kernel" |
                grep -E "^linux-image-${kernel//[.+]/[.+]}([.+-].*)?-$deb\$" |
                grep -v -E -e '-(cloud|rt)-' | sort -V | tail -n 1) || continue
            echo "$release $package"
            return
        done
        cxl_die "Debian offers no kernel $kernel for $deb; \"apt-cache" \
                "search linux-image\" in a Debian of that age lists them." ;;
    *)
        cxl_die "\"$kernel\" names no kernel; choose 6.1, 6.12, newest or a" \
                "version such as 6.12.107." ;;
    esac

    package=linux-image-$deb
    cxl_apt_init "$release" "$deb" >&2
    version=$(cxl_apt_newest "$release" "$deb" "$package")
    package=$(cxl_apt "$release" "$deb" apt-cache show "$package=$version" |
        sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p')
    [[ -n $package ]] ||
        cxl_die "Debian $release ($deb) names no kernel image; delete" \
                "$(cxl_apt_root "$release" "$deb") and run this again."
    echo "$release $package"
}

# cxl_guest_kernel_parts RELEASE ARCH PACKAGE: the packages its files are in;
# one up to 6.12, several in 7.x
cxl_guest_kernel_parts() {
    echo "$3"
    cxl_apt "$1" "$2" apt-cache depends "$3" |
        sed -n -E 's/^ *Depends: (linux-(base|binary|modules)-[0-9].*)/\1/p'
}

# cxl_guest_kernel ARCH KERNEL: sets CXL_GUEST_VMLINUZ, CXL_GUEST_RELEASE and
# leaves modules.cpio beside the kernel
cxl_guest_kernel() {
    local arch=$1 kernel=$2 deb release package dir work debs parts part
    deb=$(cxl_guest_debian_arch "$arch")
    read -r release package < <(cxl_guest_kernel_package "$arch" "$kernel")
    [[ -n ${package:-} ]] || exit 1
    dir=$CXL_GUEST/kernel/$package-$(cxl_guest_kernel_recipe)

    if [[ ! -e $dir/release ]]; then
        cxl_say "taking the kernel from $package (Debian $release)"
        cxl_host_packages cpio kmod
        debs=$CXL_GUEST/debs/$package
        mapfile -t parts < <(
            cxl_guest_kernel_parts "$release" "$deb" "$package")
        cxl_apt_download "$debs" "$release" "$deb" "${parts[@]}"
        mkdir -p "$CXL_GUEST/kernel"
        work=$(mktemp -d "$CXL_GUEST/kernel/.work.XXXXXX")
        for part in "${parts[@]}"; do
            cxl_apt_unpack "$work/tree" "$(cxl_apt_have "$debs" "$deb" "$part")"
        done
        mkdir "$work/out"
        cxl_guest_kernel_split "$work/tree" "$work/out"
        rm -rf "$dir"
        mv "$work/out" "$dir"
        rm -rf "$work"
    fi
    CXL_GUEST_VMLINUZ=$dir/vmlinuz
    CXL_GUEST_MODULES=$dir/modules.cpio
    CXL_GUEST_RELEASE=$(<"$dir/release")
}

# A change of what is taken from a kernel makes it again.
cxl_guest_kernel_recipe() {
    { printf '%s\n' "${CXL_GUEST_DRIVERS[@]}"
      declare -f cxl_guest_kernel_split cxl_guest_module_list; } |
        cxl_hash | cut -c 1-8
}

# cxl_guest_kernel_split TREE OUT: vmlinuz, modules.cpio and release in OUT
cxl_guest_kernel_split() {
    local tree=$1 out=$2 modules vmlinuz release small module

    modules=$(find "$tree" -type d -path '*/lib/modules/*' -name kernel \
                  -printf '%h\n' -quit)
    vmlinuz=$(find "$tree" -type f -name 'vmlinuz*' -print -quit)
    [[ -n $modules && -n $vmlinuz ]] ||
        cxl_die "the packages of the kernel hold no vmlinuz or no modules;" \
                "delete $CXL_GUEST/debs and run this again."
    release=${modules##*/}
    small=$tree/small/usr/lib/modules/$release

    mkdir -p "$small"
    cp "$modules"/modules.builtin* "$modules/modules.order" "$small/"
    while read -r module; do
        mkdir -p "$small/$(dirname "$module")"
        cxl_guest_plain "$modules/$module" >"$small/${module%.ko*}.ko"
    done < <(cxl_guest_module_list "$modules")
    PATH=$PATH:/usr/sbin:/sbin depmod -b "$tree/small/usr" -m /lib/modules \
        "$release" 2>/dev/null ||
        PATH=$PATH:/usr/sbin:/sbin cxl_logged depmod depmod \
            -b "$tree/small/usr" "$release"
    cxl_guest_cpio "$tree/small" >"$out/modules.cpio"
    cp "$vmlinuz" "$out/vmlinuz"
    chmod a+r "$out/vmlinuz"
    echo "$release" >"$out/release"
}

# cxl_guest_plain FILE: the bytes of a file that may be compressed
cxl_guest_plain() {
    case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dcq "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
    esac
}

# cxl_guest_module_list MODULES: prints the wanted drivers and all that they
# need, as paths below MODULES
cxl_guest_module_list() {
    local modules=$1 path name wanted todo=() deps
    local -A by_name=() seen=()

    while read -r path; do
        name=${path##*/}
        name=${name%%.ko*}
        by_name[${name//-/_}]=$path
    done < <(cd "$modules" && find kernel -name '*.ko*')

    for wanted in "${CXL_GUEST_DRIVERS[@]}"; do
        if [[ $wanted == */* ]]; then
            for name in "${!by_name[@]}"; do
                [[ ${by_name[$name]} != kernel/"$wanted"* ]] || todo+=("$name")
            done
        else
            todo+=("$wanted")
        fi
    done

    while ((${#todo[@]})); do
        name=${todo[0]//-/_}
        todo=("${todo[@]:1}")
        path=${by_name[$name]:-}
        [[ -n $path && -z ${seen[$name]:-} ]] || continue
        seen[$name]=1
        echo "$path"
        IFS=, read -r -a deps < <(PATH=$PATH:/usr/sbin:/sbin \
            modinfo -F depends "$modules/$path") || true
        todo+=("${deps[@]}")
    done
}
