#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later

usage() {
    cat <<'EOF'
usage: create_region.sh [--online] [-t ram|pmem] [-d DECODER] [MEMDEV...]

Makes a region of volatile CXL memory from MEMDEV... (default: mem0) in the
window DECODER (default: the first that takes such memory), interleaved over
all of them. A region that is there already is only shown.

  -t pmem    of persistent memory, for which pmem_fs.sh makes a file system
  --online   also gives the memory to this kernel as RAM. Only do that when no
             other guest uses the same memory: two kernels that use the same
             pages as their own destroy each other.
EOF
}

die() {
    echo "create_region.sh: $*" >&2
    exit 1
}

cxl_bus=/sys/bus/cxl/devices

# The first window that takes memory of this type
find_decoder() {
    for decoder in "$cxl_bus"/decoder0.*; do
        if [ "$(cat "$decoder/cap_$type" 2>/dev/null)" = 1 ]; then
            echo "${decoder##*/}"
            return
        fi
    done
}

# The first region of this type that is in use. Linux 6.1, which names no type,
# knows only persistent ones.
find_region() {
    for region in "$cxl_bus"/region*; do
        mode=$(cat "$region/mode" 2>/dev/null)
        if [ "${mode:-pmem}" = "$type" ] &&
            [ "$(cat "$region/commit" 2>/dev/null)" = 1 ]; then
            echo "${region##*/}"
            return
        fi
    done
}

# The DAX device of a region, waited for
find_dax() {
    tries=50
    while [ "$tries" -gt 0 ]; do
        for dax in "$cxl_bus/$1"/dax_region*/dax[0-9]*; do
            if [ -e "$dax" ]; then
                echo "${dax##*/}"
                return
            fi
        done
        tries=$((tries - 1))
        sleep 0.1
    done
}

# Whether the drivers of persistent memory have found the region
has_nd_region() {
    tries=50
    while [ "$tries" -gt 0 ]; do
        [ ! -e "/sys/bus/nd/devices/$1/init_namespaces" ] || return 0
        tries=$((tries - 1))
        sleep 0.1
    done
    return 1
}

# What is known to keep Linux in a virtual machine from making regions
why_not() {
    case $(uname -m) in
    aarch64)
        echo "Linux for aarch64 makes none, it only takes over those that" \
            "firmware has set up"
        ;;
    *)
        echo "if \"dmesg\" says \"Failed to synchronize CPU cache state\"," \
            "start QEMU with -cpu max,hypervisor=off"
        ;;
    esac
}

online=
type=ram
decoder=
memdevs=
while [ $# -gt 0 ]; do
    case $1 in
    --online) online=1 ;;
    -t) type=${2:-}; shift ;;
    -d) decoder=${2:-}; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 1 ;;
    *) memdevs="$memdevs $1" ;;
    esac
    shift
done
case $type in
ram) kind=volatile ;;
pmem) kind=persistent ;;
*) die "-t is ram or pmem, not \"$type\"" ;;
esac
# shellcheck disable=SC2086 # names of devices, separated by spaces
set -- ${memdevs:-mem0}

region=$(find_region)
if [ -n "$region" ]; then
    echo "$region is already there"
else
    for memdev; do
        [ -e "$cxl_bus/$memdev" ] ||
            die "there is no CXL memory device $memdev; see \"cxl list -M\""
    done
    [ -n "$decoder" ] || decoder=$(find_decoder)
    [ -n "$decoder" ] ||
        die "no window takes $kind CXL memory; see \"cxl list -D\""
    [ "$type" = pmem ] || grep -q create_ram_region /proc/kallsyms ||
        die "Linux $(uname -r) knows no regions of volatile CXL memory;" \
            "use 6.3 or newer"
    cxl create-region -m -t "$type" -d "$decoder" -w $# "$@" >/dev/null ||
        die "the region was not created; $(why_not)"
    region=$(find_region)
fi

cxl list -u -R -r "$region" | grep -E '"(size|resource)":'

if [ "$type" = pmem ]; then
    has_nd_region "$region" ||
        die "$region is not known as persistent memory; see \"dmesg\""
    echo "$region is ready for ./pmem_fs.sh"
    exit 0
fi

dax=$(find_dax "$region")
[ -n "$dax" ] || die "$region gave no DAX device; see \"dmesg\""

driver() {
    basename "$(readlink -f "/sys/bus/dax/devices/$dax/driver")"
}

if [ -n "$online" ]; then
    # Takes the device by itself, unless it is a devdax
    modprobe kmem || exit 1
    if [ "$(driver)" = kmem ]; then
        ! daxctl list -d "$dax" | grep -q '"online_memblocks":0' ||
            daxctl online-memory "$dax" >/dev/null || exit 1
    else
        daxctl reconfigure-device --mode=system-ram --force "$dax" \
            >/dev/null || exit 1
    fi
fi
case $(driver) in
kmem) echo "$dax belongs to this kernel as RAM" ;;
device_dax) echo "/dev/$dax can be used" ;;
*)
    echo "$dax is ready for ./dax_mode.sh; its memory is not online, because" \
        "other guests may share it"
    ;;
esac
