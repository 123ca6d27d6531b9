# SPDX-License-Identifier: GPL-2.0-or-later
"""the demos: a message and a file, from one architecture and kernel to another,
and poison

Each ends with exit status 0 only if each of its steps held.
"""

from framework import Scenario, expect, test


def demo(s: Scenario, line: str, *options: str) -> None:
    """The demo ends with that line."""
    expect(s.cxl_lab('demo', '--name', s.lab, '--port-base', 'auto',
                     *options), line)


@test('a message from x86_64 to aarch64 and back')
def message(s: Scenario) -> None:
    """Two machines of different kinds."""
    demo(s, '^Both messages arrived', '--arch', 'x86_64,aarch64')


@test('a file from Linux 6.12 on x86_64 to the newest on aarch64')
def other_machine(s: Scenario) -> None:
    """Another machine with another kernel."""
    demo(s, '^The file came back bit for bit', '--persistent', '--arch',
         'x86_64,aarch64', '--kernel', '6.12,newest')


@test('a file from the newest on aarch64 to Linux 6.12 there')
def older_kernel(s: Scenario) -> None:
    """Back to an older kernel."""
    demo(s, '^The file came back bit for bit', '--persistent', '--arch',
         'aarch64', '--kernel', 'newest,6.12')


@test('poison on {arch} with Linux {kernel}')
def poison(s: Scenario, arch: str, kernel: str) -> None:
    """From the reader's death to the same program once more."""
    demo(s, '^The line killed the program that read it', '--poison', '--arch',
         arch, '--kernel', kernel)


def run(s: Scenario) -> None:
    """The tests in their order."""
    message(s)
    other_machine(s)
    older_kernel(s)
    poison(s, 'x86_64', '6.12')
    poison(s, 'aarch64', 'newest')
