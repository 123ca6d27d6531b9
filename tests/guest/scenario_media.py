# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel: data that goes away, poison by command, alerts

Through what Linux offers for a memory device.
"""

# The kernel is in the sentences of the tests
# pylint: disable=unused-argument

from pathlib import Path

from framework import (ALONE, MEM, Scenario, expect, holds, kernel_is_calm,
                       same, test)

SIZE = 268435456
DEVICES = [
    '-object', f'memory-backend-file,id=vmem,share=on,mem-path=%d/vmem,'
    f'size={SIZE}',
    '-object', f'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,'
    f'size={SIZE}',
    '-object', 'memory-backend-file,id=lsa,share=on,mem-path=%d/lsa,size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-type3,id=dev0,bus=port0,volatile-memdev=vmem,'
    'persistent-memdev=pmem,lsa=lsa,state-file=%d/state,sn=0x1',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G']

SECURITY = MEM + '''
    security=/sys/bus/cxl/devices/$(mem 1)/security
'''


def files(s: Scenario) -> list[Path]:
    """What the device keeps its bytes in."""
    return [s.directory / name for name in ('vmem', 'pmem', 'lsa')]


def fill(s: Scenario) -> None:
    """Something at the beginning, in the middle and at the end of all."""
    for file in files(s):
        size = file.stat().st_size
        with file.open('r+b') as data:
            for at in (0, size // 2, size - 4096):
                data.seek(at)
                data.write(b'secret' * 100)


def is_erased(file: Path) -> bool:
    """It has zeroes alone."""
    return not file.read_bytes().strip(b'\0')


@test('{kernel}: no passphrase is set')
def disabled(s: Scenario, kernel: str) -> None:
    """Neither for the device nor for its persistent memory."""
    s.guest(1, SECURITY + '''
        grep -x disabled $security/state
        grep -x disabled /sys/bus/nd/devices/nmem*/security''')


@test('{kernel}: a sanitize makes all of it zero')
def sanitize(s: Scenario, kernel: str) -> None:
    """Memory and labels; the kernel hears of its end."""
    fill(s)
    s.guest(1, SECURITY + '''
        echo 1 >$security/sanitize
        i=0
        while grep -x sanitize $security/state; do
            sleep 0.2
            i=$((i + 1))
            test $i -lt 900
        done''')
    for file in files(s):
        holds(is_erased(file), f'{file.name} has data.')


@test('{kernel}: a secure erase makes the memory zero')
def erase(s: Scenario, kernel: str) -> None:
    """Labels stay."""
    fill(s)
    s.guest(1, SECURITY + 'echo 1 >$security/erase')
    same([is_erased(file) for file in files(s)], [True, True, False])


@test('{kernel}: poison is injected, listed and cleared')
def poison(s: Scenario, kernel: str) -> None:
    """By the driver's debugfs files; the list is in its trace event."""
    s.guest(1, MEM + '''mem=$(mem 1)
        mount -t debugfs none /sys/kernel/debug || true
        mount -t tracefs none /sys/kernel/tracing || true
        debug=/sys/kernel/debug/cxl/$mem
        trace=/sys/kernel/tracing
        echo 1 >$trace/events/cxl/cxl_poison/enable
        echo 0x1000 >$debug/inject_poison
        echo 0x10001000 >$debug/inject_poison
        echo >$trace/trace
        echo 1 >/sys/bus/cxl/devices/$mem/trigger_poison_list
        grep 'dpa=0x1000 .*source=Injected' $trace/trace
        grep 'dpa=0x10001000 .*source=Injected' $trace/trace
        echo 0x1000 >$debug/clear_poison
        echo 0x10001000 >$debug/clear_poison
        echo >$trace/trace
        echo 1 >/sys/bus/cxl/devices/$mem/trigger_poison_list
        ! grep cxl_poison: $trace/trace''')


@test('{kernel}: a temperature crosses a threshold')
def alert(s: Scenario, kernel: str) -> None:
    """Linux shows the threshold, the status and the event record."""
    s.guest(1, MEM + '''
        echo 1 >/sys/kernel/tracing/events/cxl/cxl_memory_module/enable
        cxl set-alert-config --over-temperature-threshold=60 \
            --over-temperature-alert=on $(mem 1)''')
    s.monitor(1, 'qom-set /machine/peripheral/dev0 temperature 70')
    shown = s.guest(1, MEM + '''cxl list -A -H -m $(mem 1)
        sleep 1
        cat /sys/kernel/tracing/trace''')
    expect(shown, '"dev_over_temperature_prog_warn_threshold":60')
    expect(shown, '"ext_temperature":"warning"')
    expect(shown, 'cxl_memory_module.*Temperature')
    s.monitor(1, 'qom-set /machine/peripheral/dev0 temperature 40')


def guest(s: Scenario, kernel: str) -> None:
    """A lab of its own."""
    s.up(1, *ALONE, '--kernel', kernel, '--bare', '--', *DEVICES)
    for step in (disabled, sanitize, erase, poison, alert):
        step(s, kernel)
    kernel_is_calm(s)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for kernel in s.on_kernels('media'):
        guest(s, kernel)
