# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: volatile and persistent memory of one device, at the same time

One window for each kind of memory, and one for both.
"""

from pathlib import Path

from framework import (ALONE, Scenario, expect, holds, kernel_is_calm, refuse,
                       same, test)

# Linux 6.1 takes a bridge with one root port for one without decoders.
DEVICES = [
    '-object', 'memory-backend-file,id=vmem,share=on,mem-path=%d/vmem,'
    'size=512M',
    '-object', 'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,'
    'size=512M',
    '-object', 'memory-backend-file,id=lsa,share=on,mem-path=%d/lsa,size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,bus=port0,volatile-memdev=vmem,'
    'persistent-memdev=pmem,lsa=lsa,sn=0x1',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=1G,'
    'cxl-fmw.0.restrictions=6,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=1G,'
    'cxl-fmw.1.restrictions=10,cxl-fmw.2.targets.0=cxl.1,cxl-fmw.2.size=1G']

HALF = 268435456
ALL = 536870912
DATA = 16777216


@test('cxl list shows both capacities')
def memdev(s: Scenario) -> None:
    """Of one device."""
    shown = s.guest(1, 'cxl list -M')
    expect(shown, f'"ram_size":{ALL}')
    expect(shown, f'"pmem_size":{ALL}')


def is_refused(s: Scenario, kind: str, decoder: str) -> None:
    """By cxl, since Linux offers no such region."""
    expect(s.guest(1, f'''test ! -e \
            /sys/bus/cxl/devices/{decoder}/create_{kind}_region
        if cxl create-region -m -t {kind} -d {decoder} -w 1 mem0 2>&1; then
            echo 'it was created'
            exit 1
        fi'''), 'not (volatile|pmem) capable')


@test('a window takes what its restrictions say')
def windows(s: Scenario) -> None:
    """And nothing else."""
    is_refused(s, 'pmem', 'decoder0.0')
    is_refused(s, 'ram', 'decoder0.1')
    s.guest(1, '''cd /sys/bus/cxl/devices/decoder0.2
        test -e create_ram_region
        test -e create_pmem_region''')


@test('a region of half of the volatile memory', needed=True)
def region(s: Scenario, kind: str, decoder: str, size: int) -> None:
    """In force."""
    shown = s.guest(1, f'cxl create-region -m -t {kind} -d {decoder} '
                    f'-s {size} -w 1 mem0')
    expect(shown, f'"type":"{kind}"')
    expect(shown, rf'"size":{size}\b')
    expect(shown, '"decode_state":"commit"')


@test('the persistent region begins behind all volatile memory')
def skip(s: Scenario) -> None:
    """Half of the volatile memory is left out, so that the second decoder
    skips the other half."""
    shown = s.guest(1, 'cxl list -D -d endpoint')
    expect(shown, '"dpa_resource":0,')
    expect(shown, f'"dpa_resource":{ALL},')
    info = s.monitor(1, 'info cxl')
    expect(info, r'decoder 0: .*\(256 MiB\), 1 way, DPA 0x0')
    expect(info, r'decoder 1: .*\(512 MiB\), 1 way, DPA 0x20000000')


@test('both can be used', needed=True)
def use(s: Scenario) -> None:
    """Without labels' help, the namespace is the whole region."""
    s.guest(1, '''./dax_mode.sh dax0.0
        ndctl create-namespace -m raw -r region1''')


@test('both are written', needed=True)
def write(s: Scenario) -> None:
    """At the beginning and at the end."""
    s.guest(1, f'''./daxwriter -d /dev/dax0.0 -o 0 'first volatile'
        ./daxwriter -d /dev/dax0.0 -o {HALF - 4096} 'last volatile'
        head -c {DATA} /dev/urandom >/tmp/data
        dd if=/tmp/data of=$(echo /dev/pmem*) bs=1M conv=fsync
        dd if=/tmp/data of=$(echo /dev/pmem*) bs=1M seek=496 conv=fsync''')


@test('the volatile memory holds its data')
def volatile_is_there(s: Scenario) -> None:
    """Both texts."""
    s.guest(1, f'''./daxreader -d /dev/dax0.0 -o 0 | grep -x 'first volatile'
        ./daxreader -d /dev/dax0.0 -o {HALF - 4096} |
            grep -x 'last volatile\'''')


@test('the persistent memory holds its data')
def persistent_is_there(s: Scenario) -> None:
    """Both copies."""
    s.guest(1, f'''echo 3 >/proc/sys/vm/drop_caches
        ndctl list -N | grep raw
        head -c {DATA} /dev/pmem* | cmp - /tmp/data
        tail -c {DATA} /dev/pmem* | cmp - /tmp/data''')


def part(file: Path, offset: int, length: int) -> bytes:
    """Bytes of a backend; an offset below zero counts from the end."""
    with file.open('rb') as data:
        data.seek(offset, 2 if offset < 0 else 0)
        return data.read(length)


@test('the backends hold it where it belongs')
def from_the_host(s: Scenario) -> None:
    """Both kinds."""
    volatile, persistent = s.directory / 'vmem', s.directory / 'pmem'
    holds(b'first volatile' in part(volatile, 0, 4096),
          'the first text is not in the file.')
    holds(b'last volatile' in part(volatile, HALF - 4096, 4096),
          'the last text is not in the file.')
    data = s.raw(1, 'cat /tmp/data')
    holds(part(persistent, 0, DATA) == data, 'the beginning differs.')
    holds(part(persistent, -DATA, DATA) == data, 'the end differs.')
    # What no region covers was not written.
    same(part(volatile, -HALF, HALF).count(b'\0'), HALF)


@test('a test of one leaves the other alone')
def stress(s: Scenario) -> None:
    """Volatile memory is tested."""
    s.guest(1, './memstress -s 32M /dev/dax0.0')
    persistent_is_there.body(s)


@test('one becomes RAM, the other keeps its data')
def online(s: Scenario) -> None:
    """Volatile memory is a node."""
    s.guest(1, 'cd /root; ./create_region.sh --online')
    s.guest(1, './memstress -s 64M '
            'node:$(cat /sys/bus/dax/devices/dax0.0/target_node)')
    persistent_is_there.body(s)


@test('both regions go away', needed=True)
def remove(s: Scenario) -> None:
    """The last one first."""
    s.guest(1, '''./dax_mode.sh dax0.0
        ndctl disable-region region1
        cxl disable-region region1
        cxl destroy-region region1
        cxl disable-region -f region0
        cxl destroy-region -f region0''')
    refuse(s.guest(1, 'cxl list -R'), '"region"')


@test('both in one window')
def one_window(s: Scenario) -> None:
    """All of both in the window that takes both; the data is still there."""
    region.body(s, 'ram', 'decoder0.2', ALL)
    region.body(s, 'pmem', 'decoder0.2', ALL)
    persistent_is_there.body(s)


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, *ALONE, '--bare', '--', *DEVICES)
    memdev(s)
    if s.release(1).startswith('6.1.'):
        s.skip('Linux 6.1 knows no regions of volatile memory')
        return
    windows(s)
    region(s, 'ram', 'decoder0.0', HALF)
    region.named('a region of the persistent memory')(s, 'pmem', 'decoder0.1',
                                                      ALL)
    skip(s)
    use(s)
    write(s)
    volatile_is_there(s)
    persistent_is_there(s)
    from_the_host(s)
    stress(s)
    online(s)
    remove(s)
    one_window(s)
    kernel_is_calm(s)
