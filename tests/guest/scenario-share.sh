# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# two guests, one device: topology, region, devdax, message, atomics, resets

SHARE_SIZE=536870912

share_memdev_is_listed() {
    local list
    list=$(guest "$1" 'cxl list -M')
    expect "$list" '"memdev":"mem0"'
    expect "$list" "\"ram_size\":$SHARE_SIZE"
    expect "$list" '"numa_node":|"host":"0000:'
}

# The window is as large as the command line says, takes volatile memory and
# leads to the bridge of bus 52.
share_window_is_listed() {
    local list
    list=$(guest 1 'cxl list -D -d root -T')
    expect "$list" '"decoder":"decoder0.0"'
    expect "$list" "\"size\":$SHARE_SIZE"
    expect "$list" '"volatile_capable":true'
    expect "$list" '"nr_targets":1'
    expect "$list" '"id":52'
}

share_decoders_are_listed() {
    local counts
    # decoder1.* are the host bridge's, decoder2.* the device's
    counts=$(guest 1 'ls -d /sys/bus/cxl/devices/decoder[12].* | wc -l')
    expect "$counts" '^16$'
    counts=$(guest 1 'cat /sys/bus/cxl/devices/decoder[12].0/size')
    expect "$counts" '^(0x)?0$'
    refuse "$counts" '[1-9]'
}

share_serial_is_listed() {
    local list config
    list=$(guest 1 'cxl list -M')
    config=$(guest 1 'cat /sys/bus/cxl/devices/mem0/serial')
    expect "$list" "\"serial\":$((config))\\b"
}

share_no_region_yet() {
    local list
    list=$(guest "$1" 'cxl list -R; ls /sys/bus/dax/devices')
    refuse "$list" '"region"|dax'
}

share_region_is_made() {
    local list
    list=$(guest "$1" 'cd /root; ./create_region.sh 2>&1')
    expect "$list" 'created 1 region'
    list=$(guest "$1" 'cxl list -R')
    expect "$list" "\"size\":$SHARE_SIZE"
    expect "$list" '"type":"ram"'
    expect "$list" '"interleave_ways":1'
    expect "$list" '"decode_state":"commit"'
}

share_not_online_by_default() {
    local nodes
    nodes=$(guest "$1" 'cat /sys/devices/system/node/has_memory')
    expect "$nodes" '^0$'
    refuse "$(guest "$1" lsmod)" '^kmem '
}

share_devdax() {
    guest "$1" 'cd /root; ./dax_mode.sh; test -c /dev/dax0.0'
    expect "$(guest "$1" 'cat /sys/bus/dax/devices/dax0.0/size')" \
        "^$SHARE_SIZE\$"
}

# What is committed is RAM in QEMU's flat view: no callback per access.
share_window_is_ram() {
    local start
    start=$(guest 1 'cat /sys/bus/cxl/devices/region0/resource')
    expect "$(monitor 1 info mtree -f)" \
        "^ *0*$(printf '%x-0*%x' "$((start))" \
            "$((start + SHARE_SIZE - 1))") \\(prio [-0-9]*, ram\\)"
}

share_window_is_not_ram() {
    local start
    start=$(guest 1 'cat /sys/bus/cxl/devices/decoder0.0/start')
    refuse "$(monitor 1 info mtree -f)" \
        "^ *0*$(printf '%x' "$((start))")-.*, ram\\)"
}

# share_message FROM TO OFFSET
share_message() {
    local text="from $1 to $2 at $3 ($RANDOM)"
    guest "$1" "./daxwriter -o $3 '$text'"
    expect "$(guest "$2" "./daxreader -o $3")" "^${text//[()]/.}\$"
}

share_file_has_it() {
    guest 2 "./daxwriter -o 256M 'seen by the host'"
    cmp -n 16 -i 268435456:0 "$CXL_BUILD/lab/$GUEST_LAB/shared.mem" \
        <(printf 'seen by the host')
}

share_atomics() {
    local one two other=$GUEST_LOG.2
    guest 1 "dd if=/dev/zero bs=24 count=1 2>/dev/null >/tmp/zero"
    guest 1 './daxcount -o 1M 2 20000000' >"$other" &
    two=$(guest 2 './daxcount -o 1M 2 20000000')
    wait $!
    one=$(<"$other")
    expect "$one" '^40000000$'
    expect "$two" '^40000000$'
}

share_stress() {
    expect "$(guest 1 './memstress -s 128M -D /dev/vda /dev/dax0.0')" '^ok dma$'
}

# The driver has let go of the device before it is reset, and takes it again.
share_function_reset() {
    guest 1 'cxl disable-region region0 -f
             cxl destroy-region region0 -f
             pci=$(readlink -f /sys/bus/cxl/devices/mem0/../)
             cxl disable-memdev mem0 -f
             grep -q flr $pci/reset_method
             echo flr >$pci/reset_method
             echo 1 >$pci/reset
             cxl enable-memdev mem0'
    share_window_is_not_ram
}

# The same in the middle of use: such a reset does not touch decoders (CXL 3.1
# 9.5). The region goes on working, and the kernel has nothing to say.
share_reset_under_use() {
    expect "$(guest 2 './daxreader -o 256M')" '^seen by the host$'
    expect "$(guest 2 'pci=$(readlink -f /sys/bus/cxl/devices/mem0/../)
             echo flr >$pci/reset_method
             echo 1 >$pci/reset
             ./daxreader -o 256M
             ./daxwriter -o 257M "written after the reset"
             ./daxreader -o 257M')" '^seen by the host$'
    expect "$(guest 2 './daxreader -o 257M')" '^written after the reset$'
    refuse "$(guest 2 'dmesg')" 'memory regions removal'
}

share_reboot() {
    guest_reboots 2
    share_no_region_yet 2
    share_region_is_made 2
    share_devdax 2
    expect "$(guest 2 './daxreader -o 256M')" '^seen by the host$'
}

share_run() {
    local n
    lab_disks 2
    lab_up 2 -- "${GUEST_DISK[@]}" || return
    for n in 1 2; do
        check "guest $n boots without a warning" kernel_is_calm "$n"
    done
    check "cxl list shows the memdev" share_memdev_is_listed 1
    check "cxl list shows its serial number" share_serial_is_listed
    check "cxl list shows the window" share_window_is_listed
    check "bridge and device have 8 free decoders each" \
        share_decoders_are_listed
    check "there is no region before one is made" share_no_region_yet 1
    check "the empty window is not RAM" share_window_is_not_ram
    for n in 1 2; do
        check "guest $n makes a region" share_region_is_made "$n" || return
        check "guest $n does not online it" share_not_online_by_default "$n"
        check "guest $n makes /dev/dax0.0" share_devdax "$n" || return
    done
    check "the region is RAM to QEMU" share_window_is_ram
    check "a message from 1 to 2" share_message 1 2 0
    check "a message from 2 to 1" share_message 2 1 0
    check "a message at the last page" share_message 1 2 \
        $((SHARE_SIZE - 4096))
    check "the file has what a guest wrote" share_file_has_it
    check "atomics of two guests" share_atomics
    check "devdax holds data, code, atomics, and takes DMA" share_stress
    for n in 1 2; do
        check "guest $n has seen no warning" kernel_is_calm "$n"
    done
    check "function-level reset without a region" share_function_reset
    check "a region after the reset" share_region_is_made 1
    check "devdax after the reset" share_devdax 1
    check "a message after the reset" share_message 1 2 0
    check "function-level reset under a region" share_reset_under_use
    check "region and data after a reboot" share_reboot
    check "a message after the reboot" share_message 2 1 0
}

share_run
