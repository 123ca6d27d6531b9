# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, busy processors while devices and regions come and go

# An access of one processor must go to the region that it was meant for while
# another changes the memory map: interrupts are acknowledged by such accesses,
# and a processor that loses one has no timer from then on.
REMAP_ROUNDS=60

# remap_busily SCRIPT: runs it REMAP_ROUNDS times beside three busy loops
remap_busily() {
    guest 1 "for i in 1 2 3; do
            while :; do :; done &
            busy=\"\${busy:-} \$!\"
        done
        for i in \$(seq $REMAP_ROUNDS); do
            $1
        done
        kill \$busy"
}

remap_pci() {
    remap_busily 'echo 1 >"$(readlink -f /sys/bus/cxl/devices/mem0)/../remove"
        echo 1 >/sys/bus/pci/rescan'
    expect "$(guest 1 'cxl list -M')" '"ram_size":536870912'
}

remap_region() {
    guest 1 './create_region.sh; cxl disable-region region0 -f'
    remap_busily 'cd /sys/bus/cxl/devices/region0
        echo 0 >commit
        echo 1 >commit'
    expect "$(guest 1 'cat /sys/bus/cxl/devices/region0/commit')" '^1$'
}

# Each processor still has a timer that interrupts it
remap_timers() {
    guest 1 'for cpu in 0 1 2 3; do
            column=$((cpu + 2))
            before=$(awk "/LOC:/ { print \$$column }" /proc/interrupts)
            taskset -c $cpu timeout 1 sh -c "while :; do :; done" || true
            after=$(awk "/LOC:/ { print \$$column }" /proc/interrupts)
            echo "processor $cpu: $before to $after"
            test $((after - before)) -gt 20
        done'
}

remap_run() {
    lab_up 1 || return
    check "a memory device is removed and found again" remap_pci
    check "all processors have timer interrupts" remap_timers
    check "a region is taken out of force and put back" remap_region
    check "all processors have timer interrupts after that" remap_timers
    check "the kernel has seen no warning" kernel_is_calm 1
}

remap_run
