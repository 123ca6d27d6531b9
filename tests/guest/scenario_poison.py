# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel and architecture: poison kills who reads it, no one else

Plain -cpu max. Linux on x86_64 takes a page out of use of which poison was
read; on aarch64 it stays.
"""

from typing import Any

from framework import Scenario, expect, refuse, same, test

GUESTS = [('x86_64', '6.12'), ('x86_64', 'newest'),
          ('aarch64', '6.12'), ('aarch64', 'newest')]

MIB = 1 << 20
# Each in a page of 2 MiB, which is what a devdax maps
READ, HEALED, OTHER = 64 * MIB, 128 * MIB + 0x1240, 192 * MIB
# With its end, more than a line
TEXT = 'poison is gone when all of a line has been written over, not before'


def ask(s: Scenario, command: str, **arguments: Any) -> Any:
    """One command of QMP."""
    with s.of(1).qmp() as qmp:
        return qmp.execute(command, **arguments)


def poison(s: Scenario) -> int:
    """How many lines of the device are poisoned."""
    bridge = ask(s, 'query-cxl')['host-bridges'][0]
    return int(bridge['ports'][0]['device']['poison']['count'])


def inject(s: Scenario, dpa: int) -> None:
    """By QMP. The region begins at DPA 0."""
    ask(s, 'cxl-inject-poison', path='cxl-mem0', start=dpa, length=64)


def write(s: Scenario, offset: int, text: str) -> None:
    """From a program of its own."""
    s.guest(1, f'./daxwriter -o {offset} "{text}"')


def read(s: Scenario, offset: int) -> str:
    """What such a program reads, or how it ends."""
    return s.guest(1, f'./daxreader -o {offset} 2>&1 || '
                   'echo "status $?"').split('\n')[-1]


@test('{what}: texts in /dev/dax0.0')
def texts(s: Scenario, what: str) -> None:
    """In all places."""
    # pylint: disable=unused-argument
    s.guest(1, 'cd /root; ./dax_mode.sh')
    for offset in READ, HEALED, OTHER:
        write(s, offset, TEXT)
        same(read(s, offset), TEXT)


@test('{what}: a process that reads poison is killed by SIGBUS')
def killed(s: Scenario, what: str) -> None:
    """And QMP says which line it was."""
    # pylint: disable=unused-argument
    inject(s, READ)
    same(poison(s), 1)
    with s.of(1).qmp() as qmp:
        same(read(s, READ), 'status 135')
        event = qmp.event(lambda event: event['event'] ==
                          'CXL_POISON_CONSUMED', 10)
    same(event and event['data']['dpa'], READ, 'what was read')


@test('{what}: the guest goes on')
def goes_on(s: Scenario, what: str) -> None:
    """Other memory is as it was, and the kernel has no complaint of itself."""
    # pylint: disable=unused-argument
    same(read(s, OTHER), TEXT)
    s.guest(1, './memstress -s 32M /dev/dax0.0')
    refuse(s.guest(1, 'dmesg -r'), 'BUG:|Oops|WARNING:|Call Trace|soft lockup')


@test('{what}: the kernel takes the page out of use')
def taken(s: Scenario, what: str) -> None:
    """A machine check, which it recovers from."""
    # pylint: disable=unused-argument
    log = s.guest(1, 'dmesg')
    expect(log, 'Memory failure: 0x[0-9a-f]+: .*')
    expect(log, 'Memory failure: 0x[0-9a-f]+: .*Recovered')


@test('{what}: the page is as good as before when poison is cleared')
def cleared(s: Scenario, what: str) -> None:
    """By QMP, which leaves what is in it."""
    # pylint: disable=unused-argument
    ask(s, 'cxl-clear-poison', path='cxl-mem0', start=READ, length=64)
    same(read(s, READ), TEXT)


@test('{what}: writing over poison heals it')
def healed(s: Scenario, what: str) -> None:
    """Who has not read it notices nothing."""
    # pylint: disable=unused-argument
    before = poison(s)
    line = HEALED - HEALED % 64
    inject(s, line)
    same(poison(s), before + 1)
    write(s, line, TEXT)
    same(poison(s), before)
    same(read(s, line), TEXT)


def guest(s: Scenario, arch: str, kernel: str) -> None:
    """A lab of its own."""
    what = f'{arch} {kernel}'
    s.another_lab(f'po-{arch}-{kernel.replace(".", "")}')
    if not s.images('--arch', arch, '--kernel', kernel):
        s.skip(f'{what}: the kernel cannot be fetched')
        return
    s.up(1, '--arch', arch, '--kernel', kernel, '--setup', 'firmware')
    texts(s, what)
    killed(s, what)
    if arch == 'x86_64':
        taken(s, what)
    else:
        cleared(s, what)
    goes_on(s, what)
    healed(s, what)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for arch, kernel in GUESTS:
        guest(s, arch, kernel)
