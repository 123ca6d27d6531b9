# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a guest that boots gets anywhere."""

import time

from .guest import Guest, content
from .qmp import QmpError

BOOT_SECONDS = 300
SILENT_SECONDS = 60
# Where KVM works, Linux speaks within a second or two.
FIRST_WORDS_SECONDS = 30
FIRST_WORDS = b'Linux version '
ASK_SECONDS = 1
# Linux gives its timer a moment to interrupt it, which on a busy host is over
# before QEMU has had a processor.
NO_TIMER = b"IO-APIC + timer doesn't work"


class Progress:
    """What is seen of a guest from its start until it is up."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.begin = time.monotonic()
        self.size = 0
        self.silent = self.begin
        self.asked = self.begin

    def gave_up(self) -> str:
        """Why there is no use in waiting, or nothing."""
        data = content(self.guest.console)
        if b'Kernel panic' in data and NO_TIMER not in data:
            return 'has panicked'
        if time.monotonic() >= self.begin + BOOT_SECONDS:
            return f'did not come up within {BOOT_SECONDS} seconds'
        return ''

    def hangs(self) -> bool:
        """Whether it gets nowhere. On a host that is very busy, Linux now and
        then misjudges its clocks at the start and then waits forever; and
        with QEMUs that have not our patch 0010, a processor may lose an
        interrupt."""
        data = content(self.guest.console)
        if len(data) != self.size:
            self.size = len(data)
            self.silent = time.monotonic()
        return time.monotonic() >= self.silent + SILENT_SECONDS or (
            b'rcu: INFO: rcu_' in data and b'detected stalls' in data) or \
            NO_TIMER in data

    def internal_error(self) -> bool:
        """Whether QEMU has stopped because KVM could not go on."""
        now = time.monotonic()
        if now < self.asked + ASK_SECONDS:
            return False
        self.asked = now
        return self.state() == 'internal-error'

    def mute(self) -> bool:
        """Whether Linux should have said something by now, if KVM works."""
        return time.monotonic() >= self.begin + FIRST_WORDS_SECONDS and \
            FIRST_WORDS not in content(self.guest.console)

    def state(self) -> str:
        """QEMU's word for what the machine does; nothing if QEMU does not
        answer, such as when somebody else is its client."""
        try:
            with self.guest.qmp(ASK_SECONDS, 'watch.sock') as qmp:
                return str(qmp.execute('query-status')['status'])
        except (OSError, QmpError, ValueError):
            return ''
