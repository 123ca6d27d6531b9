# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest, busy processors while devices and regions come and go

An access of one processor must go to the region that it was meant for while
another changes the memory map: interrupts are acknowledged by such accesses,
and a processor that loses one has no timer from then on.
"""

from framework import Scenario, expect, kernel_is_calm, same, test

ROUNDS = 60


def busily(s: Scenario, script: str) -> None:
    """Runs it many times beside three busy loops."""
    s.guest(1, f'''for i in 1 2 3; do
            while :; do :; done &
            busy="${{busy:-}} $!"
        done
        for i in $(seq {ROUNDS}); do
            {script}
        done
        kill $busy''')


@test('a memory device is removed and found again')
def pci(s: Scenario) -> None:
    """The PCI function as a whole."""
    busily(s, '''echo 1 >"$(readlink -f /sys/bus/cxl/devices/mem0)/../remove"
        echo 1 >/sys/bus/pci/rescan''')
    expect(s.guest(1, 'cxl list -M'), '"ram_size":536870912')


@test('a region is taken out of force and put back')
def region(s: Scenario) -> None:
    """All of its decoders."""
    s.guest(1, './create_region.sh; cxl disable-region region0 -f')
    busily(s, '''cd /sys/bus/cxl/devices/region0
        echo 0 >commit
        echo 1 >commit''')
    same(s.guest(1, 'cat /sys/bus/cxl/devices/region0/commit'), '1')


@test('all processors have timer interrupts')
def timers(s: Scenario) -> None:
    """Each processor still has a timer that interrupts it."""
    s.guest(1, r'''for cpu in 0 1 2 3; do
            column=$((cpu + 2))
            before=$(awk "/LOC:/ { print \$$column }" /proc/interrupts)
            # A busy host has few for each second.
            for i in $(seq 30); do
                taskset -c $cpu timeout 1 sh -c "while :; do :; done" || true
                after=$(awk "/LOC:/ { print \$$column }" /proc/interrupts)
                [ $((after - before)) -le 20 ] || break
            done
            echo "processor $cpu: $before to $after"
            test $((after - before)) -gt 20
        done''')


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, '--smp', '4')
    pci(s)
    timers(s)
    region(s)
    timers.named('all processors have timer interrupts after that')(s)
    kernel_is_calm(s)
