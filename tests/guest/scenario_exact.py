# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest, exact layout: bytes lie where the spec puts them

Three bridges, two devices each, whose memory is files. The host reads and
writes them with deinterleave.py, which knows nothing of the emulation.
"""

from typing import Callable, Sequence

import deinterleave
import topology
from framework import Scenario, expect, holds, kernel_is_calm, same, test
from topology import (DEVICE, Topology, region_make, region_mapped,
                      region_remove)

# What it is, window, granularity, devices in the order of turns, and in the
# order of positions where Linux's differs. In the last, the bridge's turn is
# the granule modulo 3, and the port's its lowest bit: Linux's second position
# has the fifth turn.
REGIONS = [
    ('2 ways of 256', 0, 256, (100, 101), None),
    ('2 ways of 4096', 0, 4096, (101, 100), None),
    ('4 ways of 256', 1, 256, (100, 200, 101, 201), None),
    ('4 ways of 4096', 2, 4096, (101, 201, 100, 200), None),
    ('3 ways of 256', 3, 256, (101, 200, 300), None),
    ('6 ways of 256', 3, 256, (100, 201, 300, 101, 200, 301),
     (100, 200, 300, 101, 201, 301)),
]


# Which device has an offset, where that is not in turn
Choice = Callable[[int], int] | None


def machine() -> Topology:
    """Six devices."""
    made = Topology()
    for bridge in 1, 2, 3:
        made.bridge(f'hb{bridge}', bridge * 48)
        for port in 0, 1:
            serial = bridge * 100 + port
            made.port(f'rp{bridge}{port}', f'hb{bridge}', port)
            made.device(serial, f'rp{bridge}{port}', f'%d/file{serial}')
    exact = 'interleave-layout=exact'
    made.window('hb1', '1G', '256', exact)
    made.window('hb1 hb2', '1G', '256', exact)
    made.window('hb1 hb2', '1G', '4k', exact)
    made.window('hb1 hb2 hb3', '1536M', '256', exact)
    made.window('hb1', '1G', '256')
    return made


def files(s: Scenario, serials: Sequence[int]) -> list[str]:
    """The devices' files in the order of turns."""
    return [f'{s.directory}/file{serial}' for serial in serials]


def offsets(granularity: int, ways: int) -> list[int]:
    """The beginning, the middle and the end, so that texts of up to 1001
    bytes lie across granules and not over each other."""
    size = ways * DEVICE
    return [0, 5 * granularity - 7, 9 * granularity + 2001,
            size // 2 - granularity, size * 3 // 4 - 500,
            size - 3 * granularity - 2100, size - 1001]


def text_of(offset: int | str, seed: str) -> str:
    """For there, long enough for several granules."""
    return deinterleave.pattern(f'{offset} {seed}', 1000)


@test('{what}: the host finds what the guest writes')
def guest_writes(s: Scenario, what: str, granularity: int,
                 serials: Sequence[int], choose: Choice = None) -> None:
    """Texts of a guest, in the files."""
    # pylint: disable=unused-argument
    places = offsets(granularity, len(serials))
    topology.run(s, 1, '\n'.join(
        f'./daxwriter -d /dev/$(dax) -o {at} {text_of(at, "out")}'
        for at in places))
    for at in places:
        same(deinterleave.read(granularity, at, 1000, *files(s, serials),
                               choose=choose),
             text_of(at, 'out'), f'what is at offset {at}')


@test('{what}: the guest finds what the host writes')
def guest_reads(s: Scenario, what: str, granularity: int,
                serials: Sequence[int], choose: Choice = None) -> None:
    """Texts in the files, in the guest."""
    # pylint: disable=unused-argument
    places = offsets(granularity, len(serials))
    for at in places:
        deinterleave.write(granularity, at, text_of(at, 'in'),
                           *files(s, serials), choose=choose)
    shown = topology.run(s, 1, '\n'.join(
        f'./daxreader -d /dev/$(dax) -o {at} | tail -n 1'
        for at in places)).split('\n')
    for at, text in zip(places, shown, strict=True):
        same(text, text_of(at, 'in'), f'what is at offset {at}')


@test('{what}: patterns, code, atomics and DMA')
def stress(s: Scenario, what: str) -> None:
    """Few bytes, as each access is decoded."""
    # pylint: disable=unused-argument
    expect(topology.run(s, 1, './memstress -s 4M -D /dev/vda /dev/$(dax)'),
           '^ok dma$')


def region(s: Scenario, what: str, window: int, granularity: int,
           turns: Sequence[int], positions: Sequence[int] | None) -> None:
    """All that is tried with one."""
    # pylint: disable=too-many-arguments
    region_make(s, 1, f'decoder0.{window}', granularity, positions or turns,
                what=what)
    region_mapped.named('{what}: decoded access by access')(
        s, 1, 'callback', turns, what=what)
    guest_writes(s, what, granularity, turns)
    guest_reads(s, what, granularity, turns)
    stress(s, what)
    region_remove(s, 1, what=what)


@test('linear layout differs, and the comparison shows it')
def linear_differs(s: Scenario) -> None:
    """A linear window puts it elsewhere: the comparison can fail."""
    text = text_of(0, 'linear')
    topology.run(s, 1, f'./daxwriter -d /dev/$(dax) -o 0 {text}')
    holds(deinterleave.read(256, 0, 1000, *files(s, (100, 101))) != text,
          'it is where exact layout puts it.')
    same(deinterleave.read(4096, 0, 1000, *files(s, (100,))), text)


def run(s: Scenario) -> None:
    """The tests in their order."""
    machine().up(s, 1)
    for row in REGIONS:
        region(s, *row)
    region_make(s, 1, 'decoder0.4', 256, (100, 101),
                what='2 ways in a linear window')
    linear_differs(s)
    kernel_is_calm(s)
