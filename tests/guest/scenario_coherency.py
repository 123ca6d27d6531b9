# SPDX-License-Identifier: GPL-2.0-or-later
"""memory that is stale until it is flushed: the story, and Linux on it"""

from framework import Scenario, expect, kernel_is_calm, test


@test('the demo: flushes are needed')
def demo(s: Scenario) -> None:
    """Messages arrive, and without either flush they do not."""
    expect(s.cxl_lab('demo', '--coherency', '--name', f'{s.lab}-demo',
                     '--port-base', 'auto'),
           'with either flush left out, they do not')


@test('the demo from x86_64 to aarch64, which have a pool')
def mixed(s: Scenario) -> None:
    """Instructions of both, and caches of what a pool lets them have."""
    expect(s.cxl_lab('demo', '--coherency', '--pool', '--name',
                     f'{s.lab}-mixed', '--port-base', 'auto', '--arch',
                     'x86_64,aarch64'),
           'with either flush left out, they do not')


@test('the memory is not mapped, and info cxl counts')
def counted(s: Scenario) -> None:
    """What is cached."""
    shown = s.monitor(1, 'info cxl')
    expect(shown, 'software-managed coherency: [0-9]+ of 524288 lines')
    expect(shown, ': callback, software-managed coherency')


@test('memory of a DAX device, on four processors')
def stress(s: Scenario) -> None:
    """Widths, atomics, code and DMA."""
    s.guest(1, 'cd /root; ./dax_mode.sh; ./memstress -s 8M /dev/dax0.0')


@test('a file system in it')
def files(s: Scenario) -> None:
    """Of one host, with its data and its metadata, mapped and not."""
    s.guest(1, '''cd /root; ./pmem_fs.sh >/dev/null 2>&1
        head -c 16777216 /dev/urandom >/mnt/a
        cp /mnt/a /mnt/b
        sync
        echo 3 >/proc/sys/vm/drop_caches
        cmp /mnt/a /mnt/b
        rm /mnt/b
        head -c 8388608 /dev/zero >/mnt/m
        ./memstress -s 8M /mnt/m''')


def run(s: Scenario) -> None:
    """The tests in their order."""
    demo(s)
    mixed(s)
    s.up(1, '--coherency', '--setup', 'firmware')
    counted(s)
    stress(s)
    kernel_is_calm(s)
    s.down()
    s.up(1, '--coherency', '--persistent', '--setup', 'firmware')
    files(s)
    kernel_is_calm(s)
