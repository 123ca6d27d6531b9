# SPDX-License-Identifier: GPL-2.0-or-later
"""two guests with different kernels, Debian's 6.12 and newest, share a device

Either may be the one that writes.
"""

from framework import Scenario, kernel_is_calm, same, holds, test


@test('they are different')
def kernels_differ(s: Scenario) -> None:
    """Otherwise nothing is tried."""
    holds(s.release(1) != s.release(2), 'both run the same kernel.')


@test('guest {n} makes a region and /dev/dax0.0', needed=True)
def region(s: Scenario, n: int) -> None:
    """With the guest's own programs."""
    s.guest(n, 'cd /root; ./create_region.sh; ./dax_mode.sh')


@test('a message from {sender} to {receiver}')
def message(s: Scenario, sender: int, receiver: int) -> None:
    """The other one reads it."""
    text = f'from {sender} to {receiver}'
    s.guest(sender, f"./daxwriter '{text}'")
    same(s.guest(receiver, './daxreader').split('\n')[-1], text)


def run(s: Scenario) -> None:
    """The tests in their order."""
    if not s.images('--kernel', '6.12,newest'):
        s.skip('the kernels cannot be fetched')
        return
    s.up(2, '--kernel', '6.12,newest')
    kernels_differ(s)
    for n in 1, 2:
        region(s, n)
    message(s, 1, 2)
    message(s, 2, 1)
    for n in 1, 2:
        kernel_is_calm.named('guest {n} has seen no warning')(s, n)
