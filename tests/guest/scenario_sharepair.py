# SPDX-License-Identifier: GPL-2.0-or-later
"""two guests, two files interleaved in both; one device is lost

Each half of a region is in a file, for linear layout.
"""

import random
import re

import deinterleave
import topology
from framework import Scenario, expect, kernel_is_calm, refuse, same, test
from topology import Topology, region_make, region_mapped

HALF = 268435456
SIZE = 2 * HALF


def machine() -> Topology:
    """Two devices below one bridge."""
    made = Topology()
    made.bridge('hb1', 48)
    made.port('rp0', 'hb1', 0)
    made.port('rp1', 'hb1', 1)
    made.device(100, 'rp0', '%d/half0')
    made.device(101, 'rp1', '%d/half1')
    made.window('hb1', '1G', '1k')
    return made


def half(s: Scenario, number: int, offset: int, length: int) -> bytes:
    """What the host sees in a file."""
    with (s.directory / f'half{number}').open('rb') as file:
        file.seek(offset)
        return file.read(length)


@test('half a region is refused, and QEMU says why')
def incomplete(s: Scenario) -> None:
    """A region of two devices that has only one: Linux does not program it,
    and QEMU says that nothing decodes the window."""
    topology.run(s, 2, '''cd /sys/bus/cxl/devices
        for endpoint in endpoint*; do
            [ "$(basename "$(readlink "$endpoint/uport")")" != "$(mem 100)" ] ||
                decoder=decoder${endpoint#endpoint}.0
        done
        region=$(cat decoder0.0/create_ram_region)
        echo "$region" >decoder0.0/create_ram_region
        echo 1024 >"$region/interleave_granularity"
        echo 2 >"$region/interleave_ways"
        echo 0x20000000 >"$region/size"
        echo ram >"$decoder/mode"
        echo 0x10000000 >"$decoder/dpa_size"
        echo "$decoder" >"$region/target0"
        if echo 1 2>/dev/null >"$region/commit"; then
            echo "half a region was committed"
            exit 1
        fi
        echo "$region" >decoder0.0/delete_region
        echo 0 >"$decoder/dpa_size"''')
    expect(s.monitor(2, 'info cxl'),
           r'^  0x[0-9a-f]+-0x[0-9a-f]+ \(1 GiB\): unmapped, no comm')


@test('a message from {sender} to {receiver}')
def message(s: Scenario, sender: int, receiver: int, offset: int) -> None:
    """One that was not there before."""
    text = f'from {sender} to {receiver} at {offset} ' \
        f'({random.randrange(32768)})'
    topology.run(s, sender,
                 f"./daxwriter -d /dev/$(dax) -o {offset} '{text}'")
    expect(topology.run(s, receiver,
                        f'./daxreader -d /dev/$(dax) -o {offset}'),
           f'^{re.escape(text)}$')


@test('messages of several granules, both ways')
def long_messages(s: Scenario) -> None:
    """Each lies in both files, whatever their layout."""
    for at in 0, 777, HALF - 2048, SIZE - 4096:
        for sender in 1, 2:
            text = deinterleave.pattern(f'{sender} {at}', 4000)
            topology.run(s, sender,
                         f'./daxwriter -d /dev/$(dax) -o {at} {text}')
            shown = topology.run(s, 3 - sender,
                                 f'./daxreader -d /dev/$(dax) -o {at}')
            same(shown.split('\n')[-1], text)


@test('each half is in a file')
def files(s: Scenario) -> None:
    """What guest 1 leaves in the second half of the region is in the second
    file."""
    topology.run(s, 1, f'''./daxwriter -d /dev/$(dax) -o 4096 'first half'
        ./daxwriter -d /dev/$(dax) -o {HALF + 8192} 'second half\'''')
    same(half(s, 0, 4096, 10), b'first half')
    same(half(s, 1, 8192, 11), b'second half')


@test('atomics of two guests in both halves')
def atomics(s: Scenario) -> None:
    """Nothing is counted twice or not at all."""
    for at in '1M', HALF + 1048576:
        count = f'./daxcount -d /dev/$(dax) -o {at} 2 5000000'
        other = s.spawn(1, f'{topology.FUNCTIONS} {count}')
        two = topology.run(s, 2, count)
        expect(s.finish(other), '^10000000$')
        expect(two, '^10000000$')


@test('one device is reset: the region is gone, and QEMU says why')
def lost_device(s: Scenario) -> None:
    """A device whose bus is reset forgets its decoders: the region is gone as
    a whole, and QEMU says why. (The kernel unmasks the reset for its
    cxl_bus.)"""
    topology.run(s, 2, "./daxwriter -d /dev/$(dax) -o 0 'still there'")
    expect(topology.run(s, 2, r'''pci=$(readlink -f \
            /sys/bus/cxl/devices/$(mem 101)/..)
        echo cxl_bus >$pci/reset_method
        echo 1 >$pci/reset
        ./daxreader -d /dev/$(dax) -o 0 2>&1 || true'''), 'all ones')
    info = s.monitor(2, 'info cxl')
    expect(info, r'^  0x[0-9a-f]+-0x[0-9a-f]+ \(512 MiB\): unmapped, endpoint')
    expect(info, 'dev101 .*, CXL.mem off, decoders off')
    refuse(info, ': linear')
    # The other guest has lost nothing.
    expect(topology.run(s, 1, './daxreader -d /dev/$(dax) -o 0'),
           '^still there$')


def run(s: Scenario) -> None:
    """The tests in their order."""
    # One processor, for which TCG would leave out what makes atomic
    # operations atomic to others
    machine().up(s, 2, '--smp', '1')
    incomplete(s)
    for n in 1, 2:
        topology.memdevs.named('guest {n} has two memdevs')(s, n, 2)
        region_make.named('guest {n} makes a region of both')(
            s, n, 'decoder0.0', 1024, (100, 101))
        region_mapped.named('guest {n} has it as RAM')(s, n, 'linear',
                                                      (100, 101))
    for name, sender, at in (('first', 1, 4096), ('first', 2, HALF - 4096),
                             ('second', 1, HALF), ('second', 2, SIZE - 4096)):
        message.named('a message from {sender} to {receiver} in the '
                      f'{name} half')(s, sender, 3 - sender, at)
    long_messages(s)
    files(s)
    atomics(s)
    for n in 1, 2:
        kernel_is_calm.named('guest {n} has seen no warning')(s, n)
    lost_device(s)
