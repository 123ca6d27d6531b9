# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel and architecture: poison kills who reads it, no one else

Plain -cpu max, in a region of each layout. Linux on x86_64 takes a page out of
use of which poison was read; on aarch64 it stays.
"""

from typing import Any, NamedTuple

from framework import Scenario, expect, refuse, same, test
from topology import DEVICE, Topology

GUESTS = [('x86_64', '6.12'), ('x86_64', 'newest'),
          ('aarch64', '6.12'), ('aarch64', 'newest')]

MIB = 1 << 20
# Each in a page of 2 MiB, which is what a devdax maps, and in a granule of the
# first device
READ, HEALED, OTHER = 64 * MIB, 128 * MIB + 0x1240, 192 * MIB
GRANULARITY = 256
# With its end, more than a line
TEXT = 'poison is gone when all of a line has been written over, not before'


class Region(NamedTuple):
    """One of firmware's, below a bridge of its own; @dax in the guest."""
    what: str
    layout: str
    number: int
    ways: int
    dax: str = ''

    @property
    def device(self) -> str:
        """The first one."""
        return f'dev{self.number}00'

    def dpa(self, offset: int) -> int:
        """Of a byte of that."""
        granule, rest = divmod(offset, GRANULARITY)
        return granule // self.ways * GRANULARITY + rest


REGIONS = [Region('', 'linear', 1, 1), Region('', 'exact', 2, 2)]


def machine() -> Topology:
    """A bridge, its devices and a window for each region."""
    made = Topology()
    for region in REGIONS:
        bridge = f'hb{region.number}'
        made.bridge(bridge, 48 * region.number)
        for port in range(region.ways):
            name = f'rp{region.number}{port}'
            made.port(name, bridge, port)
            made.device(region.number * 100 + port, name)
        made.window(bridge, '1G', str(GRANULARITY), 'setup=firmware',
                    f'interleave-layout={region.layout}')
    return made


def ask(s: Scenario, command: str, **arguments: Any) -> Any:
    """One command of QMP."""
    with s.of(1).qmp() as qmp:
        return qmp.execute(command, **arguments)


def poison(s: Scenario, region: Region) -> int:
    """How many lines of the first device are poisoned."""
    bridge = ask(s, 'query-cxl')['host-bridges'][region.number - 1]
    return int(bridge['ports'][0]['device']['poison']['count'])


def inject(s: Scenario, region: Region, offset: int) -> None:
    """By QMP."""
    ask(s, 'cxl-inject-poison', path=region.device, start=region.dpa(offset),
        length=64)


def write(s: Scenario, region: Region, offset: int, text: str) -> None:
    """From a program of its own."""
    s.guest(1, f'./daxwriter -d {region.dax} -o {offset} "{text}"')


def read(s: Scenario, region: Region, offset: int) -> str:
    """What such a program reads, or how it ends."""
    return s.guest(1, f'./daxreader -d {region.dax} -o {offset} 2>&1 || '
                   'echo "status $?"').split('\n')[-1]


def with_dax(s: Scenario, what: str, region: Region) -> Region:
    """Linux numbers them as it finds them: the size tells which it is."""
    dax = s.guest(1, f'''cd /sys/bus/dax/devices
        dirname $(grep -l -x {region.ways * DEVICE} */size)''')
    return region._replace(what=f'{what}, {region.layout}', dax=f'/dev/{dax}')


@test('{region.what}: texts in {region.dax}')
def texts(s: Scenario, region: Region) -> None:
    """In all places."""
    s.guest(1, f'cd /root; ./dax_mode.sh {region.dax.removeprefix("/dev/")}')
    for offset in READ, HEALED, OTHER:
        write(s, region, offset, TEXT)
        same(read(s, region, offset), TEXT)


@test('{region.what}: a process that reads poison is killed by SIGBUS')
def killed(s: Scenario, region: Region) -> None:
    """And QMP says which line it was."""
    inject(s, region, READ)
    same(poison(s, region), 1)
    with s.of(1).qmp() as qmp:
        same(read(s, region, READ), 'status 135')
        event = qmp.event(lambda event: event['event'] ==
                          'CXL_POISON_CONSUMED', 10)
    same(event and event['data']['dpa'], region.dpa(READ), 'what was read')


@test('{region.what}: the guest goes on')
def goes_on(s: Scenario, region: Region) -> None:
    """Other memory is as it was, and the kernel has no complaint of itself.
    Code is slow in exact layout."""
    same(read(s, region, OTHER), TEXT)
    if region.layout == 'linear':
        s.guest(1, f'./memstress -s 32M {region.dax}')
    refuse(s.guest(1, 'dmesg -r'), 'BUG:|Oops|WARNING:|Call Trace|soft lockup')


@test('{region.what}: the kernel takes the page out of use')
def taken(s: Scenario, region: Region) -> None:
    """A machine check, which it recovers from."""
    same(s.guest(1, 'dmesg | grep -c "Memory failure: 0x.*Recovered"'),
         str(region.number), 'recoveries')
    expect(s.guest(1, 'dmesg'), 'Memory failure: 0x[0-9a-f]+: .*')


@test('{region.what}: the page is as good as before when poison is cleared')
def cleared(s: Scenario, region: Region) -> None:
    """By QMP, which leaves what is in it."""
    ask(s, 'cxl-clear-poison', path=region.device, start=region.dpa(READ),
        length=64)
    same(read(s, region, READ), TEXT)


@test('{region.what}: writing over poison heals it')
def healed(s: Scenario, region: Region) -> None:
    """Who has not read it notices nothing."""
    before = poison(s, region)
    line = HEALED - HEALED % 64
    inject(s, region, line)
    same(poison(s, region), before + 1)
    write(s, region, line, TEXT)
    same(poison(s, region), before)
    same(read(s, region, line), TEXT)


def guest(s: Scenario, arch: str, kernel: str) -> None:
    """A lab of its own."""
    what = f'{arch} {kernel}'
    s.another_lab(f'po-{arch}-{kernel.replace(".", "")}')
    if not s.images('--arch', arch, '--kernel', kernel):
        s.skip(f'{what}: the kernel cannot be fetched')
        return
    machine().up(s, 1, '--arch', arch, '--kernel', kernel, '--setup',
                 'firmware')
    for region in REGIONS:
        region = with_dax(s, what, region)
        texts(s, region)
        killed(s, region)
        if arch == 'x86_64':
            taken(s, region)
        else:
            cleared(s, region)
        goes_on(s, region)
        healed(s, region)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for arch, kernel in GUESTS:
        guest(s, arch, kernel)
