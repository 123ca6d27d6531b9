# SPDX-License-Identifier: GPL-2.0-or-later
"""two guests, one device: topology, region, devdax, message, atomics, resets

Regions are made by Linux.
"""

import random
import re

from framework import (Scenario, expect, kernel_is_calm, refuse, same,
                       test)

SIZE = 536870912


def memory(s: Scenario, offset: int, length: int) -> bytes:
    """What the host sees in the shared file."""
    with (s.directory / 'shared.mem').open('rb') as file:
        file.seek(offset)
        return file.read(length)


@test('cxl list shows the memdev')
def memdev_is_listed(s: Scenario, n: int) -> None:
    """With its size and where it is."""
    shown = s.guest(n, 'cxl list -M')
    expect(shown, '"memdev":"mem0"')
    expect(shown, f'"ram_size":{SIZE}')
    expect(shown, '"numa_node":|"host":"0000:')


@test('cxl list shows its serial number')
def serial_is_listed(s: Scenario) -> None:
    """The same as in the device's configuration space."""
    shown = s.guest(1, 'cxl list -M')
    serial = s.guest(1, 'cat /sys/bus/cxl/devices/mem0/serial')
    expect(shown, rf'"serial":{int(serial, 0)}\b')


@test('cxl list shows the window')
def window_is_listed(s: Scenario) -> None:
    """The window is as large as the command line says, takes volatile memory
    and leads to the bridge of bus 52."""
    shown = s.guest(1, 'cxl list -D -d root -T')
    expect(shown, '"decoder":"decoder0.0"')
    expect(shown, f'"size":{SIZE}')
    expect(shown, '"volatile_capable":true')
    expect(shown, '"nr_targets":1')
    expect(shown, '"id":52')


@test('bridge and device have 8 free decoders each')
def decoders_are_listed(s: Scenario) -> None:
    """decoder1.* are the host bridge's, decoder2.* the device's."""
    same(s.guest(1, 'ls -d /sys/bus/cxl/devices/decoder[12].* | wc -l'), '16')
    sizes = s.guest(1, 'cat /sys/bus/cxl/devices/decoder[12].0/size')
    expect(sizes, '^(0x)?0$')
    refuse(sizes, '[1-9]')


@test('there is no region before one is made')
def no_region_yet(s: Scenario, n: int) -> None:
    """And no DAX device."""
    refuse(s.guest(n, 'cxl list -R; ls /sys/bus/dax/devices'),
           '"region"|dax')


@test('guest {n} makes a region', needed=True)
def region_is_made(s: Scenario, n: int) -> None:
    """In force, over all of the memory."""
    expect(s.guest(n, 'cd /root; ./create_region.sh 2>&1'),
           'created 1 region')
    shown = s.guest(n, 'cxl list -R')
    expect(shown, f'"size":{SIZE}')
    expect(shown, '"type":"ram"')
    expect(shown, '"interleave_ways":1')
    expect(shown, '"decode_state":"commit"')


@test('guest {n} does not online it')
def not_online_by_default(s: Scenario, n: int) -> None:
    """Shared memory is nobody's RAM."""
    same(s.guest(n, 'cat /sys/devices/system/node/has_memory'), '0')
    refuse(s.guest(n, 'lsmod'), '^kmem ')


@test('guest {n} makes /dev/dax0.0', needed=True)
def devdax(s: Scenario, n: int) -> None:
    """With all of the memory."""
    s.guest(n, 'cd /root; ./dax_mode.sh; test -c /dev/dax0.0')
    same(s.guest(n, 'cat /sys/bus/dax/devices/dax0.0/size'), str(SIZE))


@test('the region is RAM to QEMU')
def window_is_ram(s: Scenario) -> None:
    """What is committed is RAM in QEMU's flat view: no callback per
    access."""
    start = int(s.guest(1, 'cat /sys/bus/cxl/devices/region0/resource'), 0)
    expect(s.monitor(1, 'info mtree -f'),
           rf'^ *0*{start:x}-0*{start + SIZE - 1:x} \(prio [-0-9]*, ram\)')


@test('the empty window is not RAM')
def window_is_not_ram(s: Scenario) -> None:
    """There is nothing to access."""
    start = int(s.guest(1, 'cat /sys/bus/cxl/devices/decoder0.0/start'), 0)
    refuse(s.monitor(1, 'info mtree -f'), rf'^ *0*{start:x}-.*, ram\)')


@test('a message from {sender} to {receiver}')
def message(s: Scenario, sender: int, receiver: int, offset: int) -> None:
    """One that was not there before."""
    text = f'from {sender} to {receiver} at {offset} ' \
        f'({random.randrange(32768)})'
    s.guest(sender, f"./daxwriter -o {offset} '{text}'")
    expect(s.guest(receiver, f'./daxreader -o {offset}'),
           f'^{re.escape(text)}$')


@test('the file has what a guest wrote')
def file_has_it(s: Scenario) -> None:
    """Seen from the host."""
    s.guest(2, "./daxwriter -o 256M 'seen by the host'")
    same(memory(s, 256 << 20, 16), b'seen by the host')


@test('atomics of two guests')
def atomics(s: Scenario) -> None:
    """Nothing is counted twice or not at all."""
    s.guest(1, 'dd if=/dev/zero bs=24 count=1 2>/dev/null >/tmp/zero')
    count = './daxcount -o 1M 2 20000000'
    other = s.spawn(1, count)
    two = s.guest(2, count)
    expect(s.finish(other), '^40000000$')
    expect(two, '^40000000$')


@test('devdax holds data, code, atomics, and takes DMA')
def stress(s: Scenario) -> None:
    """A part of it."""
    expect(s.guest(1, './memstress -s 128M -D /dev/vda /dev/dax0.0'),
           '^ok dma$')


@test('function-level reset without a region')
def function_reset(s: Scenario) -> None:
    """The driver has let go of the device before it is reset, and takes it
    again."""
    s.guest(1, '''cxl disable-region region0 -f
        cxl destroy-region region0 -f
        pci=$(readlink -f /sys/bus/cxl/devices/mem0/../)
        cxl disable-memdev mem0 -f
        grep -q flr $pci/reset_method
        echo flr >$pci/reset_method
        echo 1 >$pci/reset
        cxl enable-memdev mem0''')
    window_is_not_ram.body(s)


@test('function-level reset under a region')
def reset_under_use(s: Scenario) -> None:
    """The same in the middle of use: such a reset does not touch decoders
    (CXL 3.1 9.5). The region goes on working, and the kernel has nothing to
    say."""
    expect(s.guest(2, './daxreader -o 256M'), '^seen by the host$')
    expect(s.guest(2, '''pci=$(readlink -f /sys/bus/cxl/devices/mem0/../)
        echo flr >$pci/reset_method
        echo 1 >$pci/reset
        ./daxreader -o 256M
        ./daxwriter -o 257M "written after the reset"
        ./daxreader -o 257M'''), '^seen by the host$')
    expect(s.guest(2, './daxreader -o 257M'), '^written after the reset$')
    refuse(s.guest(2, 'dmesg'), 'memory regions removal')


@test('region and data after a reboot')
def reboot(s: Scenario) -> None:
    """The other guest goes on meanwhile."""
    s.reboots(2)
    no_region_yet.body(s, 2)
    region_is_made.body(s, 2)
    devdax.body(s, 2)
    expect(s.guest(2, './daxreader -o 256M'), '^seen by the host$')


def before_a_region(s: Scenario) -> None:
    """What Linux finds."""
    for n in 1, 2:
        kernel_is_calm.named('guest {n} boots without a warning')(s, n)
    memdev_is_listed(s, 1)
    serial_is_listed(s)
    window_is_listed(s)
    decoders_are_listed(s)
    no_region_yet(s, 1)
    window_is_not_ram(s)


def with_a_region(s: Scenario) -> None:
    """What two guests do with it."""
    for n in 1, 2:
        region_is_made(s, n)
        not_online_by_default(s, n)
        devdax(s, n)
    window_is_ram(s)
    message(s, 1, 2, 0)
    message(s, 2, 1, 0)
    message.named('a message at the last page')(s, 1, 2, SIZE - 4096)
    file_has_it(s)
    atomics(s)
    stress(s)
    for n in 1, 2:
        kernel_is_calm.named('guest {n} has seen no warning')(s, n)


def resets(s: Scenario) -> None:
    """And how it comes back."""
    function_reset(s)
    region_is_made.named('a region after the reset')(s, 1)
    devdax.named('devdax after the reset')(s, 1)
    message.named('a message after the reset')(s, 1, 2, 0)
    reset_under_use(s)
    reboot(s)
    message.named('a message after the reboot')(s, 2, 1, 0)


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(2, '--', *s.disks(2))
    before_a_region(s)
    with_a_region(s)
    resets(s)
