# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034
#
# one guest per kernel and architecture, regions by firmware, plain -cpu max

# Kernels that know regions of volatile memory, and one that does not
FIRMWARE_GUESTS=('x86_64 6.1' 'x86_64 6.12' 'x86_64 newest'
                 'aarch64 6.12' 'aarch64 newest')

firmware_memdev() {
    expect "$(guest 1 'cxl list -M')" '"ram_size":536870912'
}

firmware_region() {
    local list
    list=$(guest 1 'cxl list -R')
    expect "$list" '"size":536870912'
    expect "$list" '"decode_state":"commit"'
}

firmware_online() {
    guest 1 'cd /root; ./create_region.sh --online'
    guest 1 'for b in /sys/devices/system/memory/memory*; do
                 grep -q -x online $b/state || echo online >$b/state
             done
             ! daxctl list | grep -q "online_memblocks\":0,"'
}

firmware_message() {
    guest 1 'cd /root; ./dax_mode.sh; ./daxwriter -o 4096 "by firmware"'
    expect "$(guest 1 './daxreader -o 4096')" '^by firmware$'
}

firmware_stress() {
    guest 1 './memstress -s 32M /dev/dax0.0'
}

# firmware_guest ARCH KERNEL: a lab of its own
firmware_guest() {
    GUEST_LAB=fw$$-$1-${2//./}
    if ! cxl_lab image --arch "$1" --kernel "$2" >/dev/null 2>&1; then
        result skip "$1 $2: the kernel cannot be fetched"
        return
    fi
    lab_up 1 --arch "$1" --kernel "$2" --setup firmware || return
    check "$1 $2: cxl list shows the device" firmware_memdev
    if [[ $2 != 6.1 ]]; then
        check "$1 $2: the region is there" firmware_region
        check "$1 $2: data through /dev/dax0.0" firmware_message
        check "$1 $2: code, atomics and patterns" firmware_stress
        check "$1 $2: the memory becomes RAM of a node" firmware_online
    fi
    lab_down
}

firmware_run() {
    local pair
    for pair in "${FIRMWARE_GUESTS[@]}"; do
        # shellcheck disable=SC2086 # two words
        firmware_guest $pair
    done
}

firmware_run
