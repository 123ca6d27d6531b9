# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: latency, bandwidth and QoS class as the command line gives them

Linux needs to know the way from the processors to the host bridge before it
computes anything: a node that is a generic port, and the HMAT.
"""

import struct
from typing import Callable

from framework import (MEM, Failed, Scenario, expect, holds, kernel_is_calm,
                       refuse, same, test)

BRIDGE_NS = 30
BRIDGE_GIB = 80


def hmat(target: int, latency: int, bandwidth: str) -> list[str]:
    """What node 0 has to its own memory, or to a node."""
    way = f'hmat-lb,initiator=0,target={target},hierarchy=memory,data-type='
    return ['-numa', f'{way}access-latency,latency={latency}',
            '-numa', f'{way}access-bandwidth,bandwidth={bandwidth}']


def windows() -> str:
    """Every window's memory is a node of its own. The _DSM answers with the
    group of the first window; that of the fifth differs."""
    return ','.join(
        f'cxl-fmw.{n}.targets.0=cxl.1,cxl-fmw.{n}.size=256M,'
        f'cxl-fmw.{n}.restrictions={restrictions},cxl-fmw.{n}.qtg-id={group}'
        for n, (restrictions, group) in enumerate(
            [(6, 3), (6, 3), (6, 3), (10, 3), (10, 5)]))


def devices() -> list[str]:
    """The machine."""
    words = ['-machine', 'hmat=on',
             '-object', 'memory-backend-ram,id=ram,size=1G',
             '-numa', 'node,nodeid=0,memdev=ram,cpus=0-1',
             '-numa', 'node,nodeid=1', *hmat(0, 10, '100G'),
             *hmat(1, BRIDGE_NS, f'{BRIDGE_GIB}G'),
             '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
             '-object', 'acpi-generic-port,id=gp0,pci-bus=cxl.1,node=1']
    for port in range(3):
        words += ['-device', f'cxl-rp,port={port},bus=cxl.1,id=port{port},'
                  f'chassis=0,slot={port + 2}']
    words += ['-object', 'memory-backend-ram,id=lsa,size=128K']
    for n in range(1, 5):
        words += ['-object',
                  f'memory-backend-ram,id=mem{n},share=on,size=256M']
    # Fast, with a link as wide as it gets; below a switch; with a narrow link
    return words + [
        '-device', 'cxl-type3,bus=port0,volatile-memdev=mem1,'
        'persistent-memdev=mem2,lsa=lsa,sn=1,read-latency=170ns,'
        'write-latency=0.21us,read-bandwidth=24G,write-bandwidth=12000,'
        'persistent-read-latency=400,persistent-write-latency=1us,'
        'persistent-read-bandwidth=6G,persistent-write-bandwidth=2G',
        '-device', 'cxl-upstream,bus=port1,id=switch,read-latency=80ns,'
        'write-latency=90ns,read-bandwidth=20G,write-bandwidth=10G,'
        'x-speed=16,x-width=8',
        '-device', 'cxl-downstream,bus=switch,id=down,port=0,chassis=0,slot=5',
        '-device', 'cxl-type3,bus=down,volatile-memdev=mem3,sn=2,'
        'read-latency=150.5ns,write-latency=300ns,read-bandwidth=30G,'
        'write-bandwidth=9G',
        '-device', 'cxl-type3,bus=port2,volatile-memdev=mem4,sn=3,'
        'read-latency=100ns,write-latency=100ns,read-bandwidth=50G,'
        'write-bandwidth=3G,x-speed=8,x-width=4',
        '-M', windows()]


# --- Linux's arithmetic ---

def link(speed: int, lanes: int) -> int:
    """MB/s of a link of so many GT/s as Linux computes it, which leaves the
    encoding out of account."""
    return speed * 1000 * lanes // 8


def flit_of_link(speed: int, lanes: int) -> int:
    """What Linux adds for a link: the ns for which a flit of 68 bytes
    occupies it."""
    return (68 * 1000000 // link(speed, lanes) + 999) // 1000


def flit_of_lane(speed: int, _: int) -> int:
    """Linux 7.2 computes the time for one lane, and adds it in ps."""
    return 68 * 1000000 // link(speed, 1)


Flit = Callable[[int, int], int]


# --- the tests ---

def cdat(s: Scenario, serial: int) -> list[str]:
    """The numbers of a device's table, and whether it is whole. Types 1, 2, 4
    and 5 are read and write latency in ps, read and write bandwidth in
    MB/s."""
    data = s.raw(1, MEM + f'''for port in /sys/bus/cxl/devices/endpoint*; do
            name=$(basename "$(readlink "$port/uport")")
            [ "$name" != "$(mem {serial})" ] || cat "$port/CDAT"
        done''')
    lines = []
    at = 16
    while at < len(data):
        kind, _, length = struct.unpack_from('<BBH', data, at)
        if kind == 0:
            handle, flags, _, base, size = struct.unpack_from('<BBHQQ', data,
                                                              at + 4)
            lines.append(f'dsmas {handle} flags {flags} base {base} '
                         f'size {size}')
        elif kind == 1:
            handle, _, what, _, unit, value = struct.unpack_from(
                '<BBBBQH', data, at + 4)
            lines.append(f'dslbis {handle} type {what} value {unit * value}')
        holds(length, 'a structure has no length.')
        at += length
    whole = struct.unpack_from('<I', data)[0] == len(data)
    return lines + [f'length {"right" if whole else "wrong"} '
                    f'sum {sum(data) % 256}']


@test('CDAT has the numbers of the command line')
def table(s: Scenario) -> None:
    """Of a device with both kinds of memory, and one below a switch."""
    same(cdat(s, 1), [
        'dsmas 0 flags 0 base 0 size 268435456',
        'dslbis 0 type 1 value 170000', 'dslbis 0 type 2 value 210000',
        'dslbis 0 type 4 value 24000', 'dslbis 0 type 5 value 12000',
        'dsmas 1 flags 4 base 268435456 size 268435456',
        'dslbis 1 type 1 value 400000', 'dslbis 1 type 2 value 1000000',
        'dslbis 1 type 4 value 6000', 'dslbis 1 type 5 value 2000',
        'length right sum 0'])
    shown = '\n'.join(cdat(s, 2))
    expect(shown, '^dslbis 0 type 1 value 150500$')
    expect(shown, '^length right sum 0$')


@test('DOE mailboxes have the same, in words')
def mailboxes(s: Scenario) -> None:
    """What the guest's program reads through the mailboxes."""
    shown = s.guest(1, './cxldoe -l')
    expect(shown, 'DOE at 0x[0-9a-f]+: vendor 0x1 protocol 0 ')
    expect(shown, 'DOE at 0x[0-9a-f]+: vendor 0x1e98 protocol 0x2 ')
    # Three devices and a switch, two protocols each
    same(len(shown.splitlines()), 8)
    shown = s.guest(1, './cxldoe -c')
    expect(shown, r'DSLBIS +handle 0: read latency 150\.500 ns$')
    expect(shown, 'DSLBIS +handle 1: write bandwidth 2000 MB/s$')
    same(sum(line.endswith('sum ok') for line in shown.splitlines()), 4)
    s.guest(1, MEM + '''for port in /sys/bus/cxl/devices/endpoint*; do
            ./cxldoe -c $port/CDAT | tail -n +2 >/tmp/linux
            device=$(basename $(readlink -f $port/uport/..))
            ./cxldoe -c $device | tail -n +2 | cmp - /tmp/linux
        done''')


@test('windows and memory have QoS classes')
def qos_classes(s: Scenario) -> None:
    """As qtg-id= says."""
    shown = s.guest(1, MEM + '''cxl list -M -m $(mem 1) -v
        cat /sys/bus/cxl/devices/$(mem 1)/ram/qos_class''')
    expect(shown, '"ram_qos_class":3')
    expect(shown, '"pmem_qos_class":3')
    expect(shown, '^3$')
    same(s.guest(1, 'cat /sys/bus/cxl/devices/decoder0.*/qos_class'),
         '3\n3\n3\n3\n5')


def region(s: Scenario, kind: str, decoder: str, serial: int) -> None:
    """Made although "cxl" was told to insist on the QoS class."""
    shown = s.guest(1, f'{MEM} cxl create-region -Q -m -t {kind} -d {decoder} '
                    f'-w 1 $(mem {serial})')
    expect(shown, '"decode_state":"commit"')
    refuse(shown, 'qos_class_mismatch')


@test('regions in windows of their class', needed=True)
def match(s: Scenario) -> None:
    """Of both kinds."""
    region(s, 'ram', 'decoder0.0', 1)
    region(s, 'ram', 'decoder0.1', 2)
    region(s, 'ram', 'decoder0.2', 3)
    region(s, 'pmem', 'decoder0.3', 1)
    s.guest(1, r'''region=$(basename $(dirname $(grep -l -x pmem \
            /sys/bus/cxl/devices/region*/mode)))
        cxl disable-region $region
        cxl destroy-region $region''')


@test('a region in a window of another class')
def mismatch(s: Scenario) -> None:
    """Refused if cxl insists, else said."""
    make = 'cxl create-region -m -t pmem -d decoder0.4 -w 1'
    expect(s.guest(1, f'''{MEM} if {make} -Q $(mem 1) 2>&1; then
            echo 'it was created'
            exit 1
        fi'''), 'qos_class mismatch')
    expect(s.guest(1, f'{MEM} {make} $(mem 1)'), '"qos_class_mismatch":true')


@test('all memory becomes RAM', needed=True)
def online(s: Scenario) -> None:
    """Each region."""
    s.guest(1, '''modprobe kmem
        for dax in $(basename -a /sys/bus/dax/devices/dax*); do
            daxctl online-memory $dax
        done''')


def node(s: Scenario, decoder: str, *numbers: int) -> None:
    """What the memory in a window is said to be able to do, by the region
    and, in 6.12, by the node: latencies in ns, bandwidths in MB/s, read and
    write. Linux 7.2 gives numbers only to nodes that SRAT names."""
    places = 4 if s.release(1).startswith('6.12.') else 2
    shown = s.guest(1, f'''region=$(echo /sys/bus/cxl/devices/{decoder}/region*)
        node=$(cat $region/dax_region*/dax*/target_node)
        for of in $region/access? \
            /sys/devices/system/node/node$node/access?/initiators; do
            [ ! -e $of ] || cat $of/read_latency $of/write_latency \
                $of/read_bandwidth $of/write_bandwidth | xargs
        done''').splitlines()
    same(set(shown), {' '.join(map(str, numbers))}, 'what is shown')
    holds(len(shown) >= places, f'it is shown only {len(shown)} times.')


def numbers_of(s: Scenario, expected: Callable[[Scenario, Flit], None]
               ) -> None:
    """On 6.12 the right formula holds, on others either."""
    try:
        expected(s, flit_of_link)
    except Failed:
        if s.release(1).startswith('6.12.'):
            raise
        expected(s, flit_of_lane)


def direct_numbers(s: Scenario, flit: Flit) -> None:
    """No part of the way is narrower than this device."""
    way = BRIDGE_NS + flit(32, 16)
    node(s, 'decoder0.0', 170 + way, 210 + way, 24000, 12000)


def switch_numbers(s: Scenario, flit: Flit) -> None:
    """The switch's upstream link and the switch itself come on top."""
    way = BRIDGE_NS + flit(32, 16) + flit(16, 8)
    node(s, 'decoder0.1', 151 + 80 + way, 300 + 90 + way,
         min(30000, 20000, link(16, 8)), min(9000, 10000, link(16, 8)))


def narrow_numbers(s: Scenario, flit: Flit) -> None:
    """The link is what limits reads."""
    way = BRIDGE_NS + flit(8, 4)
    node(s, 'decoder0.2', 100 + way, 100 + way, min(50000, link(8, 4)), 3000)


@test('the numbers of a device and its link')
def direct(s: Scenario) -> None:
    """As Linux computes them."""
    numbers_of(s, direct_numbers)


@test('the numbers of a device below a switch')
def below_a_switch(s: Scenario) -> None:
    """As Linux computes them."""
    numbers_of(s, switch_numbers)


@test('the numbers of a device with a narrow link')
def narrow(s: Scenario) -> None:
    """As Linux computes them."""
    numbers_of(s, narrow_numbers)


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, '--bare', '--', *devices())
    table(s)
    mailboxes(s)
    if s.release(1).startswith('6.1.'):
        s.skip('Linux 6.1 knows no QoS classes')
        return
    qos_classes(s)
    match(s)
    mismatch(s)
    online(s)
    direct(s)
    below_a_switch(s)
    narrow(s)
    kernel_is_calm(s)
