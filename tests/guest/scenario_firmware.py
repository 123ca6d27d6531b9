# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel and architecture, regions by firmware, plain -cpu max

Kernels that know regions of volatile memory, and one that does not.
"""

from framework import Scenario, expect, refuse, same, test

GUESTS = [('x86_64', '6.1'), ('x86_64', '6.12'), ('x86_64', 'newest'),
          ('aarch64', '6.12'), ('aarch64', 'newest')]


@test('{what}: cxl list shows the device')
def memdev(s: Scenario, what: str) -> None:
    """With its size."""
    # pylint: disable=unused-argument
    expect(s.guest(1, 'cxl list -M'), '"ram_size":536870912')


@test('{what}: the region is there')
def region(s: Scenario, what: str) -> None:
    """Nobody has made it in the guest."""
    # pylint: disable=unused-argument
    shown = s.guest(1, 'cxl list -R')
    expect(shown, '"size":536870912')
    expect(shown, '"decode_state":"commit"')


@test('{what}: data through /dev/dax0.0')
def message(s: Scenario, what: str) -> None:
    """Written and read again."""
    # pylint: disable=unused-argument
    s.guest(1, 'cd /root; ./dax_mode.sh; ./daxwriter -o 4096 "by firmware"')
    same(s.guest(1, './daxreader -o 4096').split('\n')[-1], 'by firmware')


@test('{what}: code, atomics and patterns')
def stress(s: Scenario, what: str) -> None:
    """A part of it."""
    # pylint: disable=unused-argument
    s.guest(1, './memstress -s 32M /dev/dax0.0')


@test('{what}: the memory becomes RAM of a node')
def online(s: Scenario, what: str) -> None:
    """All of its blocks."""
    # pylint: disable=unused-argument
    s.guest(1, 'cd /root; ./create_region.sh --online')
    s.guest(1, '''for b in /sys/devices/system/memory/memory*; do
            grep -q -x online $b/state || echo online >$b/state
        done''')
    refuse(s.guest(1, 'daxctl list'), 'online_memblocks":0,')


def guest(s: Scenario, arch: str, kernel: str) -> None:
    """A lab of its own."""
    what = f'{arch} {kernel}'
    s.another_lab(f'fw-{arch}-{kernel.replace(".", "")}')
    if not s.images('--arch', arch, '--kernel', kernel):
        s.skip(f'{what}: the kernel cannot be fetched')
        return
    s.up(1, '--arch', arch, '--kernel', kernel, '--setup', 'firmware')
    memdev(s, what)
    if kernel != '6.1':
        region(s, what)
        message(s, what)
        stress(s, what)
        online(s, what)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for arch, kernel in GUESTS:
        guest(s, arch, kernel)
