# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest, regions over 2 to 16 devices below up to 4 bridges

Four bridges with four devices each: the hundreds of a serial number are the
bridge, the ones the port.
"""

from framework import Scenario, expect, kernel_is_calm, test
from topology import (Topology, memdevs, region_make, region_mapped,
                      region_places, region_remove, region_stress)

# Size in MiB of what takes long, what it is, window, granularity, devices in
# the order of positions
REGIONS = [
    (512, '2 ways of 4096 below one bridge', 0, 4096, (100, 101)),
    (1024, '4 ways of 512 below two bridges', 1, 512, (100, 200, 101, 201)),
    (2048, '8 ways of 512 below two bridges', 1, 512,
     (100, 200, 101, 201, 102, 202, 103, 203)),
    (1024, '4 ways of 8192 below two bridges', 2, 8192, (103, 202, 101, 200)),
    (768, '3 ways of 256 below three bridges', 3, 256, (100, 200, 300)),
    (1536, '6 ways of 256 below three bridges', 3, 256,
     (100, 200, 300, 101, 201, 301)),
    (512, '12 ways of 256 below three bridges', 3, 256,
     (100, 200, 300, 101, 201, 301, 102, 202, 302, 103, 203, 303)),
    (512, '16 ways of 1024 below four bridges', 4, 1024,
     (100, 200, 300, 400, 101, 201, 301, 401,
      102, 202, 302, 402, 103, 203, 303, 403)),
]


def machine() -> Topology:
    """16 devices."""
    made = Topology()
    for bridge in range(1, 5):
        made.bridge(f'hb{bridge}', bridge * 48)
        for port in range(4):
            made.port(f'rp{bridge}{port}', f'hb{bridge}', port)
            made.device(bridge * 100 + port, f'rp{bridge}{port}')
    made.window('hb1', '1G', '256')
    made.window('hb1 hb2', '2G', '512')
    made.window('hb1 hb2', '1G', '8k')
    made.window('hb1 hb2 hb3', '3G', '256')
    made.window('hb1 hb2 hb3 hb4', '4G', '1k')
    return made


@test('cxl list shows windows of two and three bridges')
def windows(s: Scenario) -> None:
    """As on the command line."""
    for number, ways, granularity in (2, 2, 8192), (3, 3, 256):
        shown = s.guest(1, f'cxl list -D -d decoder0.{number} -T')
        expect(shown, f'"interleave_ways":{ways}')
        expect(shown, f'"interleave_granularity":{granularity}')
        expect(shown, f'"nr_targets":{ways}')


def run(s: Scenario) -> None:
    """The tests in their order."""
    machine().up(s, 1)
    memdevs(s, 1, 16)
    windows(s)
    for size, what, window, granularity, serials in REGIONS:
        region_make(s, 1, f'decoder0.{window}', granularity, serials,
                    what=what)
        region_mapped(s, 1, 'linear', serials, what=what)
        region_stress(s, 1, size, what=what)
        region_places(s, 1, what=what)
        region_remove(s, 1, what=what)
    kernel_is_calm(s)
