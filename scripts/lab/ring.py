# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo of software-managed coherency: a ring of messages, with and without
its flushes."""

import re
import subprocess

from .demo import Demo
from .story import indented, tell, visible

MESSAGES = 100000
# Each run has memory of its own
ROOM = 1 << 20


class Ring(Demo):
    """Two guests, each with a cache of its own."""

    def send(self, offset: int, produce: str, consume: str) -> bool:
        """Guest 1 sends, guest 2 receives; whether all arrived as sent. What
        the receiver says is kept."""
        words = f'-o {offset}', f'{MESSAGES}'
        sender = f'./daxring {words[0]}{produce} produce {words[1]}'
        tell(f'guest1# {sender}')
        with subprocess.Popen(self.lab.guest(1).ssh_command(sender),
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            assert process.stdout
            ready = visible(process.stdout.readline()).strip()
            tell(indented('guest1| ', ready))
            if ready != 'ready':
                raise self.failed('the sender does not begin', 1)
            good = self.show(2, f'./daxring {words[0]}{consume} consume '
                                f'{words[1]} 2>&1')
            process.stdout.read()
        return good and process.returncode == 0

    def wrong(self, what: str, offset: int, produce: str, consume: str) -> None:
        """A run in which a message has to be wrong."""
        self.story.step(f'the same without {what}')
        if self.send(offset, produce, consume) or not re.search(
                r'Message \d+ is wrong', self.output):
            raise self.failed(f'without {what}, no message was wrong', 2)

    def run(self) -> None:
        """The story."""
        self.two_guests(', each with a cache of its own')
        self.story.step(f'{MESSAGES:,} messages from guest 1 to guest 2')
        if not self.send(0, '', ''):
            raise self.failed('the messages did not arrive', 2)
        self.wrong('the flush of what is sent', ROOM, ' --no-flush', '')
        self.wrong('the flush before it is read', 2 * ROOM, '',
                   ' --no-invalidate')
        tell()
        tell(f'{MESSAGES:,} messages arrived as they were sent; with either '
             f'flush left out, they do not ({self.story.elapsed()}).')
        self.kept()
