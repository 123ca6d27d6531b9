# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines with several CXL devices, and regions over them.

A Topology gathers QEMU's arguments. A device's id in QEMU is "dev" and its
serial number.
"""

import re
from typing import Sequence

from framework import MEM, Scenario, expect, same, test

DEVICE = 256 << 20

# What guests need to know: memdevs by serial number, and what there is one of
FUNCTIONS = MEM + '''
    region() {
        basename /sys/bus/cxl/devices/region[0-9]*
    }
    dax() {
        basename /sys/bus/dax/devices/dax[0-9]*
    }
    cd /root
'''


class Topology:
    """Arguments of QEMU."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.slots = 0
        self.windows: list[str] = []
        self.count = 0

    def bridge(self, name: str, number: int) -> None:
        """A host bridge with the number of its bus."""
        self.words += ['-device',
                       f'pxb-cxl,id={name},bus=pcie.0,bus_nr={number}']

    def slot(self, device: str) -> None:
        """A port, with a number of its own."""
        self.slots += 1
        self.words += ['-device', f'{device},chassis=0,slot={self.slots}']

    def port(self, name: str, bridge: str, number: int) -> None:
        """A root port."""
        self.slot(f'cxl-rp,id={name},bus={bridge},port={number}')

    def switch(self, name: str, bus: str, ports: int) -> None:
        """A switch, whose ports are NAME.0, NAME.1, ..."""
        self.words += ['-device', f'cxl-upstream,id={name},bus={bus}']
        for port in range(ports):
            self.slot(f'cxl-downstream,id={name}.{port},bus={name},'
                      f'port={port}')

    def device(self, serial: int, port: str, file: str = '') -> None:
        """256 MiB of volatile memory, shared if it is a file."""
        backend = f'memory-backend-file,mem-path={file}' if file else \
            'memory-backend-ram'
        self.words += [
            '-object', f'{backend},id=mem{serial},share=on,size=256M',
            '-device', f'cxl-type3,id=dev{serial},bus={port},'
            f'volatile-memdev=mem{serial},sn={serial}']

    def window(self, bridges: str, size: str, granularity: str,
               *options: str) -> None:
        """A window over these bridges."""
        window = f'cxl-fmw.{self.count}'
        self.count += 1
        self.windows += [f'{window}.size={size}',
                         f'{window}.interleave-granularity={granularity}']
        self.windows += [f'{window}.targets.{i}={bridge}' for i, bridge in
                         enumerate(bridges.split())]
        self.windows += [f'{window}.{option}' for option in options]

    def up(self, s: Scenario, guests: int, *options: str) -> None:
        """Boots so many of this machine, with options of cxl-lab."""
        s.up(guests, *options, '--bare', '--', *s.disks(guests), *self.words,
             '-M', ','.join(self.windows))


def run(s: Scenario, n: int, script: str) -> str:
    """A script that has these functions."""
    return s.guest(n, f'{FUNCTIONS} {script}')


def names(serials: Sequence[int]) -> str:
    """Serial numbers as a shell has them."""
    return ' '.join(map(str, serials))


@test('cxl list shows {count} memdevs')
def memdevs(s: Scenario, n: int, count: int) -> None:
    """All are there, each with a serial number of its own."""
    same(s.guest(n, 'cat /sys/bus/cxl/devices/mem*/serial | sort -u | wc -l'),
         str(count))


@test('{what}: a region', needed=True)
def region_make(s: Scenario, n: int, decoder: str, granularity: int,
                serials: Sequence[int], what: str = '') -> None:
    """In the order of positions, to the devdax in guest n.

    What Linux refuses, and the specification does not:

      - below several bridges, a granularity that is not the window's;
      - another order than one device of each bridge in turn, beginning with
        the window's first;
      - 3, 6 or 12 ways where the window does not have 3 targets;
      - more than 8 ways below one bridge.
    """
    # pylint: disable=too-many-arguments,unused-argument
    ways = len(serials)
    run(s, n, f'''
        cxl create-region -m -t ram -d {decoder} -g {granularity} -w {ways} \
            $(for s in {names(serials)}; do mem $s; done) >/dev/null
        for i in $(seq 600); do
            [ ! -e /sys/bus/dax/devices/$(dax) ] || break
            sleep 0.1
        done
        ./dax_mode.sh $(dax)''')
    listed = s.guest(n, 'cxl list -R; cat /sys/bus/dax/devices/dax[0-9]*/size')
    expect(listed, '"decode_state":"commit"')
    expect(listed, rf'"interleave_ways":{ways}\b')
    expect(listed, rf'"interleave_granularity":{granularity}\b')
    expect(listed, rf'"size":{ways * DEVICE}\b')
    expect(listed, rf'^{ways * DEVICE}$')


@test('{what}: mapped as RAM')
def region_mapped(s: Scenario, n: int, mapping: str, serials: Sequence[int],
                  what: str = '') -> None:
    """QEMU's view: where each of these devices has exactly one position."""
    # pylint: disable=unused-argument
    info = s.monitor(n, 'info cxl')
    expect(info, f'^  0x[0-9a-f]+-0x[0-9a-f]+ .*: {mapping}, '
           f'{len(serials)} ways of ')
    positions = re.findall(r'^    position [0-9]*: dev([0-9]*), ', info,
                           re.MULTILINE)
    same(sorted(map(int, positions)), sorted(serials), 'the devices')


@test('{what}: patterns, code, atomics and DMA in {size}M')
def region_stress(s: Scenario, n: int, size: int, what: str = '') -> None:
    """In so many MiB of it, and DMA."""
    # pylint: disable=unused-argument
    log = run(s, n, f'./memstress -s {size}M -D /dev/vda /dev/$(dax)')
    expect(log, f': {size} MiB,')
    expect(log, '^ok patterns$')
    expect(log, '^ok code$')
    expect(log, '^ok dma$')


@test('{what}: texts in each part')
def region_places(s: Scenario, n: int, what: str = '') -> None:
    """At the beginning of each device's part, in the last page of each, and
    across granules, then all of them read."""
    # pylint: disable=unused-argument
    run(s, n, '''
        size=$(cat /sys/bus/dax/devices/$(dax)/size)
        granularity=$(cat /sys/bus/cxl/devices/$(region)/interleave_granularity)
        ways=$(cat /sys/bus/cxl/devices/$(region)/interleave_ways)
        places() {
            for i in $(seq 0 $((ways - 1))); do
                echo $((i * granularity + granularity / 2))
                echo $((size / ways * (i + 1) - granularity * i - 64))
            done
            echo $((size / 2))
        }
        for at in $(places); do
            ./daxwriter -d /dev/$(dax) -o $at "text at $at" >/dev/null
        done
        for at in $(places); do
            ./daxreader -d /dev/$(dax) -o $at | grep -q -x "text at $at"
        done''')


@test('{what}: the region goes away')
def region_remove(s: Scenario, n: int, what: str = '') -> None:
    """Nothing is left of it."""
    # pylint: disable=unused-argument
    run(s, n, '''region=$(region)
        cxl disable-region $region -f
        cxl destroy-region $region -f
        test ! -e /sys/bus/cxl/devices/$region''')
