# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, regions over several devices: 2 ways below one bridge, 4 over two

INTERLEAVE_DEVICES=(
    -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
    -device 'pxb-cxl,bus_nr=222,bus=pcie.0,id=cxl.2')
for interleave_n in 0 1 2 3; do
    INTERLEAVE_DEVICES+=(
        -object "memory-backend-file,id=vmem$interleave_n,share=on,mem-path=%d/vmem$interleave_n,size=256M"
        -device "cxl-rp,port=$((interleave_n % 2)),bus=cxl.$((interleave_n / 2 + 1)),id=port$interleave_n,chassis=0,slot=$((interleave_n + 2))"
        -device "cxl-type3,bus=port$interleave_n,volatile-memdev=vmem$interleave_n,id=cxl-vmem$interleave_n,sn=$((100 + interleave_n))")
done
INTERLEAVE_DEVICES+=(
    -M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=1G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.targets.1=cxl.2,cxl-fmw.1.size=2G,cxl-fmw.1.interleave-granularity=8k')

# The memdevs by serial number, whatever the order in which Linux found them
INTERLEAVE_MEMDEVS='mem() {
    grep -l -x -i "$(printf "0x%x" $1)" /sys/bus/cxl/devices/mem*/serial |
        cut -d / -f 6
}'

interleave_memdevs() {
    expect "$(guest 1 'ls -d /sys/bus/cxl/devices/mem* | wc -l')" '^4$'
}

interleave_windows() {
    local list
    list=$(guest 1 'cxl list -D -d decoder0.1 -T')
    expect "$list" '"interleave_ways":2'
    expect "$list" '"interleave_granularity":8192'
    expect "$list" '"nr_targets":2'
}

# interleave_region DECODER WAYS SERIAL...
interleave_region() {
    local decoder=$1 ways=$2 list
    shift 2
    guest 1 "$INTERLEAVE_MEMDEVS
        cd /root
        ./create_region.sh -d $decoder \$(for s in $*; do mem \$s; done)
        ./dax_mode.sh \$(basename /sys/bus/dax/devices/dax*)"
    list=$(guest 1 'cxl list -R')
    expect "$list" "\"interleave_ways\":$ways"
    expect "$list" "\"size\":$((ways * 268435456))"
}

interleave_stress() {
    expect "$(guest 1 './memstress -s 32M -D /dev/vda /dev/dax[0-9]*')" \
        '^ok dma$'
}

interleave_ends_differ() {
    guest 1 'dax=$(echo /dev/dax[0-9]*)
             size=$(cat /sys/bus/dax/devices/dax*/size)
             ./daxwriter -d $dax -o 0 first
             ./daxwriter -d $dax -o $((size / 2)) middle
             ./daxwriter -d $dax -o $((size - 4096)) last
             ./daxreader -d $dax -o 0 | grep -x first
             ./daxreader -d $dax -o $((size / 2)) | grep -x middle
             ./daxreader -d $dax -o $((size - 4096)) | grep -x last'
}

interleave_remove() {
    guest 1 'region=$(basename /sys/bus/cxl/devices/region*)
             cxl disable-region $region -f
             cxl destroy-region $region -f'
}

interleave_run() {
    lab_disks 1
    lab_up 1 --bare -- "${INTERLEAVE_DEVICES[@]}" "${GUEST_DISK[@]}" ||
        return
    check "cxl list shows four memdevs" interleave_memdevs
    check "cxl list shows a window of two bridges" interleave_windows
    check "a region of two devices below one bridge" \
        interleave_region decoder0.0 2 100 101 || return
    check "two ways hold data, code, atomics, and take DMA" interleave_stress
    check "two ways have a beginning, a middle and an end" \
        interleave_ends_differ
    check "the region goes away" interleave_remove || return
    check "a region of four devices below two bridges" \
        interleave_region decoder0.1 4 100 102 101 103 || return
    check "four ways hold data, code, atomics, and take DMA" interleave_stress
    check "four ways have a beginning, a middle and an end" \
        interleave_ends_differ
    check "the kernel has seen no warning" kernel_is_calm 1
}

interleave_run
