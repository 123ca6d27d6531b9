# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest, regions through switches of switches; one as RAM

Two bridges, each with two switches. The hundreds of a serial number are the
switch, the ones its port. Behind switch 2 there are the switches 3 and 4.
"""

from typing import Sequence

import topology
from framework import Scenario, expect, forks, kernel_is_calm, same, test
from topology import (Topology, region_make, region_mapped, region_places,
                      region_remove, region_stress)


def machine() -> Topology:
    """14 devices."""
    made = Topology()
    made.bridge('hb1', 48)
    made.bridge('hb2', 144)
    for port in 0, 1:
        made.port(f'rp1{port}', 'hb1', port)
        made.port(f'rp2{port}', 'hb2', port)
    for name, bus, ports in [('sw1', 'rp10', 4), ('sw2', 'rp11', 4),
                             ('sw3', 'sw2.2', 2), ('sw4', 'sw2.3', 2),
                             ('sw5', 'rp20', 2), ('sw6', 'rp21', 2)]:
        made.switch(name, bus, ports)
    for switch in range(1, 7):
        for port in 0, 1:
            made.device(switch * 100 + port, f'sw{switch}.{port}')
    made.device(102, 'sw1.2')
    made.device(103, 'sw1.3')
    made.window('hb1', '1G', '256')
    made.window('hb1 hb2', '2G', '256')
    return made


def region(s: Scenario, what: str, decoder: str, granularity: int,
           serials: Sequence[int]) -> None:
    """All that is tried with one."""
    region_make(s, 1, decoder, granularity, serials, what=what)
    region_mapped(s, 1, 'linear', serials, what=what)
    region_stress.named('{what}: patterns, code, atomics and DMA in all of '
                        'it')(s, 1, 256 * len(serials), what=what)
    region_places(s, 1, what=what)


@test('cxl list shows switches, and switches behind a switch')
def listed(s: Scenario) -> None:
    """2 bridges, 6 switches."""
    shown = s.guest(1, 'cxl list -P -i').splitlines()
    for depth, count in (1, 2), (2, 4), (3, 2):
        same(sum(f'"depth":{depth}' in line for line in shown), count,
             f'the number of ports at depth {depth}')


@test('the 8 devices become RAM of one node', needed=True)
def online(s: Scenario) -> None:
    """Linux has a node for each window: the second one's is node 2."""
    topology.run(s, 1, '''modprobe kmem
        daxctl reconfigure-device --mode=system-ram --no-movable --force \
            $(dax) || true''')
    same(s.guest(1, 'cat /sys/devices/system/node/has_memory'), '0,2')
    expect(s.guest(1, 'cat /sys/devices/system/node/node2/meminfo'),
           f'MemTotal: *{8 * 262144} kB')


@test('patterns, code, atomics and DMA in that node')
def node(s: Scenario) -> None:
    """All of it but what the kernel needs itself."""
    expect(s.guest(1, 'numactl --membind=2 ./memstress -s 1792M '
                   '-D /dev/vda node:2'), '^ok dma$')


def run(s: Scenario) -> None:
    """The tests in their order."""
    gone = region_remove.named('the region goes away').must()
    machine().up(s, 1)
    topology.memdevs(s, 1, 14)
    listed(s)
    region(s, '4 ways of 1024 behind a switch', 'decoder0.0', 1024,
           (102, 100, 103, 101))
    gone(s, 1)
    region(s, '4 ways of 256 behind two switches of a switch', 'decoder0.0',
           256, (300, 400, 301, 401))
    gone(s, 1)
    region(s, '2 x 2 x 2 ways of 256: bridges, switches, ports', 'decoder0.1',
           256, (100, 500, 200, 600, 101, 501, 201, 601))
    online(s)
    node(s)
    forks(s, 1, 2, 100)
    kernel_is_calm(s)
