# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: a device whose memory the guest divides

By cxl set-partition, from one boot to the next.
"""

from framework import (ALONE, MEM, Scenario, expect, kernel_is_calm, reboots,
                       refuse, test)

DEVICES = [
    '-object', 'memory-backend-file,id=mem,share=on,mem-path=%d/mem,size=1G',
    '-object', 'memory-backend-file,id=lsa,share=on,mem-path=%d/lsa,size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,id=dev0,bus=port0,partitionable-memdev=mem,'
    'volatile-size=512M,lsa=lsa,state-file=%d/state,sn=0x1',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G']

UNIT = 268435456
ALL = 4 * UNIT


def expect_info(s: Scenario, volatile: int, next_volatile: int,
                next_persistent: int) -> None:
    """Bytes; those that are next are zero unless a reset changes them."""
    shown = s.guest(1, 'cxl list -M -I')
    for what, size in (('active_volatile', volatile),
                       ('active_persistent', ALL - volatile),
                       ('next_volatile', next_volatile),
                       ('next_persistent', next_persistent),
                       ('partition_alignment', UNIT)):
        expect(shown, f'"{what}_size":{size}\\b')


@test('cxl list shows {what}')
def shows(s: Scenario, what: str, volatile: int) -> None:
    """Of the device, and of the memory that Linux sees."""
    # pylint: disable=unused-argument
    expect_info(s, volatile, 0, 0)
    shown = s.guest(1, 'cxl list -M')
    for kind, size in (('ram', volatile), ('pmem', ALL - volatile)):
        if size:
            expect(shown, f'"{kind}_size":{size}\\b')
        else:
            refuse(shown, f'"{kind}_size"')


@test('it is to be divided {how}')
def divide(s: Scenario, how: str, volatile: int, next_volatile: int) -> None:
    """The device is disabled for it; the old division stays in force."""
    # pylint: disable=unused-argument
    s.guest(1, MEM + f'''cxl disable-memdev $(mem 1)
        cxl set-partition -t pmem -s {ALL - next_volatile} $(mem 1)
        cxl enable-memdev $(mem 1)''')
    expect_info(s, volatile, next_volatile, ALL - next_volatile)


@test('a region of {kind} memory')
def region(s: Scenario, kind: str, size: int) -> None:
    """All of it."""
    shown = s.guest(1, MEM + f'''cxl create-region -m -t {kind} \
        -d decoder0.0 -w 1 $(mem 1)''')
    expect(shown, f'"size":{size}\\b')


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, *ALONE, '--bare', '--', *DEVICES)
    shows(s, 'two halves', 2 * UNIT)
    divide(s, 'with more volatile', 2 * UNIT, 3 * UNIT)
    reboots(s)
    shows(s, 'more that is volatile', 3 * UNIT)
    region(s, 'ram', 3 * UNIT)
    region(s, 'pmem', UNIT)
    reboots(s)
    divide(s, 'into persistent alone', 3 * UNIT, 0)
    reboots(s)
    shows(s, 'persistent memory alone', 0)
    region(s, 'pmem', ALL)
    kernel_is_calm(s)
