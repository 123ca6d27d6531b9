# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest, XOR windows of 2, 4 and 3 ways: bytes lie where the spec says

Layout is exact, so that the host finds them in the devices' files, with the
XORMAPs that the guest's own tables announce (CXL 3.1, 9.18.1.5).
"""

import struct
from typing import Sequence

import deinterleave
import scenario_exact as exact
from framework import Scenario, holds, kernel_is_calm, same, test
from topology import Topology, region_make, region_mapped, region_remove

# What it is, window, granularity, devices in the order of the window's targets
REGIONS = [
    ('XOR, 2 ways of 256', 0, 256, (100, 200)),
    ('XOR, 2 ways of 4096', 1, 4096, (200, 100)),
    ('XOR, 4 ways of 1024', 2, 1024, (100, 200, 300, 400)),
    ('XOR, 3 ways of 512', 3, 512, (100, 200, 300)),
]


def machine() -> Topology:
    """Four bridges with a device each."""
    made = Topology()
    for bridge in range(1, 5):
        made.bridge(f'hb{bridge}', bridge * 48)
        made.port(f'rp{bridge}', f'hb{bridge}', 0)
        made.device(bridge * 100, f'rp{bridge}', f'%d/file{bridge * 100}')
    options = 'arithmetic=xor', 'interleave-layout=exact'
    made.window('hb1 hb2', '512M', '256', *options)
    made.window('hb2 hb1', '512M', '4k', *options)
    made.window('hb1 hb2 hb3 hb4', '1G', '1k', *options)
    made.window('hb1 hb2 hb3', '768M', '512', *options)
    return made


def xor_maps(s: Scenario) -> dict[int, list[int]]:
    """The XORMAPs of each granularity, as the CEDT has them."""
    data = s.raw(1, 'cat /sys/firmware/acpi/tables/CEDT')
    found: dict[int, list[int]] = {}
    at = 36
    while at < len(data):
        kind, _, length = struct.unpack_from('<BBH', data, at)
        holds(length, 'a structure of the CEDT has no length.')
        if kind == 2:
            granularity, count = struct.unpack_from('<BB', data, at + 6)
            found[256 << granularity] = list(
                struct.unpack_from(f'<{count}Q', data, at + 8))
        at += length
    return found


def base_of(s: Scenario, window: int) -> int:
    """Where a window begins, and the region that fills it."""
    return int(s.guest(1, 'cat /sys/bus/cxl/devices/'
                       f'decoder0.{window}/start'), 0)


@test('the tables announce maps for 2 and 4 ways')
def announced(s: Scenario) -> None:
    """With the granularities of the windows."""
    maps = xor_maps(s)
    for granularity, count in (256, 1), (4096, 1), (1024, 2):
        holds(len(maps.get(granularity, [])) >= count,
              f'there are not {count} maps for {granularity}: {maps}')


@test('XOR chooses otherwise than taking turns')
def differs(s: Scenario) -> None:
    """Or else the comparison below shows nothing."""
    choose = choice(s, 0, 256, 2)
    turns = [choose(256 * n) for n in range(1 << 12)]
    same(sorted(set(turns)), [0, 1])
    holds(any(turns[n] == turns[n + 1] for n in range(len(turns) - 1)),
          'it takes turns.')


def choice(s: Scenario, window: int, granularity: int,
           ways: int) -> exact.Choice:
    """Which of a window's targets has an offset of its region."""
    bits = {2: 1, 3: 0, 4: 2}[ways]
    return deinterleave.xor_choice(base_of(s, window), granularity, ways,
                                   xor_maps(s).get(granularity, [])[:bits])


def region(s: Scenario, what: str, window: int, granularity: int,
           targets: Sequence[int]) -> None:
    """All that is tried with one. Positions to Linux are in the order of the
    window's targets, whatever the arithmetic."""
    choose = choice(s, window, granularity, len(targets))
    region_make(s, 1, f'decoder0.{window}', granularity, targets, what=what)
    region_mapped.named('{what}: decoded access by access')(
        s, 1, 'callback', targets, what=what)
    exact.guest_writes(s, what, granularity, targets, choose)
    exact.guest_reads(s, what, granularity, targets, choose)
    exact.stress(s, what)
    region_remove(s, 1, what=what)


def run(s: Scenario) -> None:
    """The tests in their order."""
    machine().up(s, 1)
    announced(s)
    differs(s)
    for row in REGIONS:
        region(s, *row)
    kernel_is_calm(s)
