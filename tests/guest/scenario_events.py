# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel: records of QMP as Linux traces them, with region and HPA

Regions of both layouts, over two and four devices; the arithmetic that finds
the HPA is the test's own.
"""

import re
from typing import Any, NamedTuple, Sequence

import topology
from framework import (ALONE, Scenario, expect, kernel_is_calm, same, test,
                       until)
from topology import DEVICE, Topology, region_make, region_remove

# What it is, window, granularity, devices in the order of positions
REGIONS = [
    ('linear, 2 ways of 256', 0, 256, (100, 101)),
    ('linear, 4 ways of 512', 1, 512, (100, 200, 101, 201)),
    ('exact, 2 ways of 4096', 2, 4096, (101, 100)),
    ('exact, 4 ways of 256', 3, 256, (100, 200, 101, 201)),
]
# The first line, one within a granule, one in the middle, the last
DPAS = [0, 0x12340, 128 << 20, DEVICE - 64]

TRACE = '/sys/kernel/tracing'
EVENTS = ('cxl_general_media', 'cxl_dram', 'cxl_memory_module', 'cxl_poison',
          'cxl_overflow')
# Records that a log holds
RECORDS = 64


class Region(NamedTuple):
    """Where Linux has put it."""
    base: int
    granularity: int
    serials: Sequence[int]

    def hpa(self, serial: int, dpa: int) -> int:
        """Of a line of one of the devices, all of whose memory is in it."""
        granule, rest = divmod(dpa, self.granularity)
        turn = granule * len(self.serials) + self.serials.index(serial)
        return self.base + turn * self.granularity + rest


def machine() -> Topology:
    """Two bridges with two devices each."""
    made = Topology()
    for bridge in 1, 2:
        made.bridge(f'hb{bridge}', bridge * 48)
        for port in 0, 1:
            serial = bridge * 100 + port
            made.port(f'rp{bridge}{port}', f'hb{bridge}', port)
            made.device(serial, f'rp{bridge}{port}')
    exact = 'interleave-layout=exact'
    made.window('hb1', '1G', '256')
    made.window('hb1 hb2', '1G', '512')
    made.window('hb1', '1G', '256', exact)
    made.window('hb1 hb2', '1G', '256', exact)
    return made


def inject(s: Scenario, command: str, serial: int, **arguments: Any) -> None:
    """Into one device."""
    with s.of(1).qmp() as qmp:
        qmp.execute(command, path=f'dev{serial}', **arguments)


def traced(s: Scenario, event: str, count: int, log: str = '') -> list[str]:
    """So many of these, of one log, and the trace is forgotten then."""
    pattern = f'{event}: .*log={log} ' if log else f'{event}: '
    lines: list[str] = []

    def all_there() -> bool:
        lines[:] = s.guest(1, f'grep "{pattern}" {TRACE}/trace || true'
                           ).splitlines()
        return len(lines) >= count

    until(all_there, 20, f'There are too few {event}, {count} are wanted.')
    same(len(lines), count, f'number of {event}')
    s.guest(1, f'echo >{TRACE}/trace')
    return lines


def of_region(line: str, **numbers: int) -> None:
    """A trace event names the region, and these numbers."""
    expect(line, r'\bregion=region[0-9]+ ')
    for name, number in numbers.items():
        found = re.search(rf'\b{name}=(0x)?([0-9a-f]+)\b', line)
        if name == 'serial':
            found = re.search(r'\bserial=()([0-9]+)\b', line)
            same(found and int(found[2]), number, f'serial in {line}')
        else:
            same(found and int(found[2], 16), number, f'{name} in {line}')


def places(region: Region) -> list[tuple[int, int]]:
    """Which lines are tried: each device, each DPA."""
    return [(serial, dpa) for serial in region.serials for dpa in DPAS]


@test('{what}: the guest listens', needed=True)
def listen(s: Scenario, what: str) -> None:
    """To the trace, and by cxl monitor, which has an instance of its own."""
    # pylint: disable=unused-argument
    s.guest(1, f'''for event in {" ".join(EVENTS)}; do
            echo 1 >{TRACE}/events/cxl/$event/enable
        done
        cxl monitor --log=/tmp/monitor >/dev/null 2>&1 </dev/null &
        sleep 1''')


@test('{what}: general media events')
def general_media(s: Scenario, what: str, region: Region) -> None:
    """With all that the record has."""
    # pylint: disable=unused-argument
    for i, (serial, dpa) in enumerate(places(region)):
        inject(s, 'cxl-inject-general-media-event', serial, log='failure',
               flags=1, dpa=dpa, descriptor=1, type=2,
               **{'transaction-type': 4, 'channel': 3, 'rank': i,
                  'device': 5, 'component-id': 'DIMM 1'})
    lines = traced(s, 'cxl_general_media', len(places(region)), 'Failure')
    for i, (serial, dpa) in enumerate(places(region)):
        line = next(x for x in lines if f' rank={i} ' in x)
        of_region(line, serial=serial, dpa=dpa, hpa=region.hpa(serial, dpa))
        expect(line, r'log=Failure .*descriptor=.UNCORRECTABLE_EVENT.'
               r'.*type=.Data Path Error'
               r'.*transaction_type=.Host Inject Poison'
               r'.*channel=3 .*device=5 .*comp_id=44 49 4d 4d 20 31 ')


@test('{what}: DRAM events')
def dram(s: Scenario, what: str, region: Region) -> None:
    """Likewise."""
    # pylint: disable=unused-argument
    for i, (serial, dpa) in enumerate(places(region)):
        inject(s, 'cxl-inject-dram-event', serial, log='warning', flags=0,
               dpa=dpa, descriptor=2, type=0,
               **{'transaction-type': 1, 'channel': 1, 'rank': 2,
                  'nibble-mask': 0x1234, 'bank-group': 3, 'bank': 4,
                  'row': i, 'column': 77, 'correction-mask': [1, 2, 3, 4]})
    lines = traced(s, 'cxl_dram', len(places(region)), 'Warning')
    for i, (serial, dpa) in enumerate(places(region)):
        line = next(x for x in lines if f' row={i} ' in x)
        of_region(line, serial=serial, dpa=dpa, hpa=region.hpa(serial, dpa))
        expect(line, r'log=Warning .*descriptor=.THRESHOLD_EVENT.'
               r'.*transaction_type=.Host Read.'
               r'.*nibble_mask=1234 bank_group=3 bank=4 .*column=77 ')


@test('{what}: poison lists')
def poison(s: Scenario, what: str, region: Region) -> None:
    """Each line of it, from sysfs."""
    # pylint: disable=unused-argument
    for serial, dpa in places(region):
        inject(s, 'cxl-inject-poison', serial, start=dpa, length=64)
    topology.run(s, 1, f'''for s in {topology.names(region.serials)}; do
            echo 1 >/sys/bus/cxl/devices/$(mem $s)/trigger_poison_list
        done''')
    lines = traced(s, 'cxl_poison', len(places(region)))
    for serial, dpa in places(region):
        line = next(x for x in lines if f' serial={serial} ' in x and
                    f' dpa=0x{dpa:x} ' in x)
        of_region(line, serial=serial, dpa=dpa, hpa=region.hpa(serial, dpa),
                  dpa_length=64)
        expect(line, 'trace_type=List .* source=Injected')
        inject(s, 'cxl-clear-poison', serial, start=dpa, length=64)


@test('{what}: memory module events')
def memory_module(s: Scenario, what: str) -> None:
    """They are of no region."""
    # pylint: disable=unused-argument
    inject(s, 'cxl-inject-memory-module-event', 201, log='fatal', flags=0,
           type=1, **{'health-status': 2, 'media-status': 3,
                      'additional-status': 0, 'life-used': 90,
                      'temperature': -5, 'dirty-shutdown-count': 7,
                      'corrected-volatile-error-count': 8,
                      'corrected-persistent-error-count': 9})
    expect(traced(s, 'cxl_memory_module', 1)[0],
           r'serial=201 log=Fatal .*event_type=.Media Status Change'
           r'.*life_used=90 device_temp=-5 dirty_shutdown_cnt=7 '
           r'cor_vol_err_cnt=8 cor_per_err_cnt=9')


@test('{what}: a log overflows, and the others do not')
def overflow(s: Scenario, what: str) -> None:
    """The machine is stopped, so that nobody clears records meanwhile."""
    # pylint: disable=unused-argument
    with s.of(1).qmp() as qmp:
        qmp.execute('stop')
        for dpa in range(RECORDS + 3):
            qmp.execute('cxl-inject-general-media-event', path='dev100',
                        log='informational', flags=0, dpa=dpa << 6,
                        descriptor=0, type=0, **{'transaction-type': 0})
        qmp.execute('cont')
    until(lambda: 'cxl_overflow: ' in s.guest(1, f'cat {TRACE}/trace'), 20,
          'There is no cxl_overflow.')
    for line in s.guest(1, f'grep cxl_overflow: {TRACE}/trace').splitlines():
        expect(line, 'serial=100: log=Informational : 3 records from ')
    traced(s, 'cxl_general_media', RECORDS, 'Informational')


@test('{what}: cxl monitor has shown all of them')
def monitor(s: Scenario, what: str, hpas: list[int]) -> None:
    """As JSON, with the HPAs; after a while, and in blocks, so that something
    has to follow the last one."""
    # pylint: disable=unused-argument
    for number in range(16):
        inject(s, 'cxl-inject-dram-event', 201, log='warning', flags=0,
               dpa=number << 6, descriptor=0, type=0,
               **{'transaction-type': 0})
    until(lambda: s.guest(1, 'grep -c cxl_overflow /tmp/monitor || true')
          != '0', 60, 'It has not shown the last one.')
    text = s.guest(1, 'cat /tmp/monitor')
    for event in EVENTS:
        expect(text, f'"event":"{event}"')
    shown = {int(hpa) for hpa in re.findall(r'"hpa":([0-9]+)', text)}
    same(sorted(set(hpas) - shown), [], 'HPAs that are not shown')


def regions(s: Scenario, kernel: str) -> list[int]:
    """All that is tried with each; returns HPAs that were traced."""
    hpas = []
    for name, window, granularity, serials in REGIONS:
        what = f'{kernel}, {name}'
        region_make(s, 1, f'decoder0.{window}', granularity, serials,
                    what=what)
        base = int(topology.run(
            s, 1, 'cat /sys/bus/cxl/devices/$(region)/resource'), 16)
        region = Region(base, granularity, serials)
        for step in general_media, dram, poison:
            step(s, what, region)
        hpas += [region.hpa(*place) for place in places(region)]
        region_remove(s, 1, what=what)
    return hpas


def run(s: Scenario) -> None:
    """The tests in their order, on each kernel."""
    for kernel in s.on_kernels('events'):
        machine().up(s, 1, *ALONE, '--kernel', kernel)
        listen(s, kernel)
        hpas = regions(s, kernel)
        memory_module(s, kernel)
        overflow(s, kernel)
        monitor(s, kernel, hpas)
        kernel_is_calm(s)
        s.down()
