# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: CXL memory as RAM in the normal zone, for code, DMA and the kernel

The kernel uses memory of the normal zone for anything.
"""

from framework import (Scenario, expect, forks, kernel_is_calm, reboots,
                       refuse, same, test)

SIZE = 536870912


@test('the memory comes online as node 1')
def online(s: Scenario) -> None:
    """All of it."""
    s.guest(1, '''cd /root; ./create_region.sh; modprobe kmem
        daxctl reconfigure-device --mode=system-ram --no-movable --force \
            dax0.0 || true''')
    same(s.guest(1, 'cat /sys/devices/system/node/has_memory'), '0-1')
    expect(s.guest(1, 'cat /sys/devices/system/node/node1/meminfo'),
           f'MemTotal: *{SIZE // 1024} kB')


@test('it lies in the normal zone')
def normal_zone(s: Scenario) -> None:
    """And nothing of it in the movable one."""
    zones = s.guest(1, r'''awk '/^Node/ { node = $2 + 0; zone = $4 }
        $1 == "present" && node == 1 { print zone, $2 }' /proc/zoneinfo''')
    expect(zones, f'^Normal {SIZE // 4096}$')
    refuse(zones, '^Movable [1-9]')


@test('it holds data, code and atomics')
def stress(s: Scenario) -> None:
    """All of its memory but what the kernel needs itself."""
    expect(s.guest(1, './memstress -s 384M node:1'), '^ok code$')


@test('a disk reads and writes it')
def dma(s: Scenario) -> None:
    """By DMA."""
    expect(s.guest(1, './memstress -s 64M -D /dev/vda node:1'), '^ok dma$')


@test('page tables and kernel structures live in it')
def kernel_structures(s: Scenario) -> None:
    """A process that may only use node 1 has its stack, its page tables and
    what the kernel allocates for it there."""
    meminfo = s.guest(
        1, '''numactl --membind=1 ./memstress -s 256M node:1 >/dev/null &
        sleep 1
        for i in $(seq 20); do
            numactl --membind=1 sleep 3 &
        done
        sleep 1
        cat /sys/devices/system/node/node1/meminfo
        wait''')
    for kind in 'PageTables', 'Slab', 'AnonPages':
        expect(meminfo, f'{kind}: *[1-9][0-9]* kB')


@test('processes of that node compute the same')
def work(s: Scenario) -> None:
    """The same work, with all of its memory on either node."""
    job = 'tar -c -f - /usr/bin /usr/sbin | gzip -1 | gunzip | sha256sum'
    zero, one = (s.guest(1, f"numactl --membind={node} sh -c '{job}'")
                 for node in (0, 1))
    expect(zero, '^[0-9a-f]{64} ')
    same(one, zero)


@test('files and programs live in it')
def file_cache(s: Scenario) -> None:
    """A file system in that node."""
    s.guest(1, '''mkdir -p /mnt/node1
        mount -t tmpfs -o mpol=bind:1,size=128M tmpfs /mnt/node1
        head -c 33554432 /dev/urandom >/tmp/random
        cp /tmp/random /mnt/node1/random
        cmp /tmp/random /mnt/node1/random
        cp /usr/bin/cxl /mnt/node1/
        /mnt/node1/cxl version
        rm /tmp/random
        umount /mnt/node1''')


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, '--', *s.disks(1))
    online.must()(s)
    normal_zone(s)
    stress(s)
    dma(s)
    kernel_structures(s)
    work(s)
    forks(s, 1, 1, 200)
    file_cache(s)
    kernel_is_calm(s)
    reboots(s)
    online.named('the memory comes online again')(s)
