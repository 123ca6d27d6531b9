#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later

usage() {
    cat <<'EOF'
usage: pmem_fs.sh [MEMDEV...]

Mounts at /mnt a file system that lies in persistent CXL memory of MEMDEV...
(default: mem0), and shows the commands. A region, a namespace and a file
system are made unless they are there; Linux finds namespaces again by their
labels, but a region only if firmware has set it up.
EOF
}

die() {
    echo "pmem_fs.sh: $*" >&2
    exit 1
}

run() {
    echo "+ $*"
    "$@"
}

# The region as the drivers of persistent memory know it
find_region() {
    for region in /sys/bus/cxl/devices/region*; do
        if [ -e "/sys/bus/nd/devices/${region##*/}" ]; then
            echo "${region##*/}"
            return
        fi
    done
}

# The block device of the region's namespace, if it has one
find_block() {
    ndctl list -N -r "$1" | sed -n 's/.*"blockdev":"\([^"]*\)".*/\1/p'
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac
cd /root || exit 1
! grep -q " /mnt " /proc/mounts || die "something is mounted at /mnt already"

run ./create_region.sh -t pmem "$@" || exit 1
region=$(find_region)
block=$(find_block "$region")
if [ -n "$block" ]; then
    echo "$region has the namespace of /dev/$block"
else
    run ndctl create-namespace -m fsdax -r "$region" ||
        die "no namespace was made in $region; see \"dmesg\""
    block=$(find_block "$region")
    run mkfs.ext4 -q -b 4096 "/dev/$block" || exit 1
fi
run mount -t ext4 -o dax "/dev/$block" /mnt || exit 1
grep ' /mnt ' /proc/mounts
