# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that KVM does not bring up, with a QEMU that says what it shall."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import host, labs, options as command_line, progress
from lab.guest import Guest
from lab.story import Failure, Story

# Comes up with TCG. With KVM it reports a state, and writes to the console
# what Linux begins with, or nothing.
QEMU = '''
import json, select, socket, sys
_, _, accel, state, words = sys.argv
socks = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for sock, name in zip(socks, ('watch.sock', 'qmp.sock')):
    sock.bind(name)
    sock.listen()
with open('console.log', 'w') as console:
    console.write('cxl-lab: guest 1 is up\\r\\n' if accel == 'tcg' else words)
while True:
    for sock in select.select(socks, [], [])[0]:
        client, _ = sock.accept()
        with client, client.makefile('rw') as lines:
            print('{"QMP": {}}', file=lines, flush=True)
            for line in lines:
                status = {'status': state} if 'status' in line else {}
                print(json.dumps({'return': status}), file=lines, flush=True)
'''


class Kvm(unittest.TestCase):
    """KVM that ran a few instructions, and Linux."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        (self.place / 'qemu').write_text(QEMU, encoding='utf-8')
        (self.place / 'lab').mkdir()
        for target, name, value in (
                (labs, 'LABS', self.place), (command_line, 'LABS', self.place),
                (progress, 'FIRST_WORDS_SECONDS', 1),
                (progress, 'ASK_SECONDS', 0.3),
                (host, '_ACCELERATORS', {('qemu', 'x86_64'): 'kvm'})):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def boot(self, accel: str, state: str, words: str = '') -> str:
        """A guest that starts with KVM; what the lab says until it is up."""
        options = command_line.parse(['up', '--accel', accel])
        lab = labs.Lab(options, Story())
        self.addCleanup(lab.cleanup)
        command = [sys.executable, str(self.place / 'qemu')]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), \
                mock.patch.object(labs, 'look_after'):
            lab.launch(lab.guest(1), [*command, '-accel', 'kvm', state, words],
                       '2222 x86_64 6.12 kvm')
            lab.wait(1)
        self.assertEqual(lab.guest(1).about[-1], 'tcg')
        return said.getvalue()

    def test_an_internal_error(self) -> None:
        said = self.boot('auto', 'internal-error', 'Linux version 6')
        self.assertEqual(said, '      guest 1: KVM of this host does not run '
                         'Linux (QEMU reports an internal error); starting it '
                         'with TCG\n')
        self.assertEqual(
            (self.place / 'lab/1/console.log.kvm').read_text('utf-8'),
            'Linux version 6')

    def test_silence(self) -> None:
        self.assertIn('it prints nothing', self.boot('auto', 'running', 'EDD'))

    def test_those_that_follow_are_started_with_tcg(self) -> None:
        self.boot('auto', 'internal-error')
        self.assertEqual(host.accelerator('qemu', 'x86_64'), 'tcg')

    def test_kvm_that_was_asked_for_stays(self) -> None:
        with self.assertRaisesRegex(Failure, 'KVM of this host does not run '
                                    'guest 1; .* Use --accel tcg'):
            self.boot('kvm', 'internal-error')

    def test_linux_that_speaks_is_left_alone(self) -> None:
        with mock.patch.object(progress, 'BOOT_SECONDS', 3), \
                self.assertRaisesRegex(Failure, 'did not come up within 3'):
            self.boot('auto', 'running', 'Linux version 6.12')


class Consoles(unittest.TestCase):
    """Who is given up, and who is started once more, by what is shown."""

    def outcome(self, shown: bytes) -> tuple[str, bool]:
        """What is thought of a guest whose console shows that."""
        with tempfile.TemporaryDirectory() as directory:
            guest = Guest(Path(directory, '1'))
            guest.directory.mkdir()
            guest.console.write_bytes(shown)
            boot = progress.Progress(guest)
            return boot.gave_up(), boot.hangs()

    def test_boots(self) -> None:
        self.assertEqual(self.outcome(b'Linux version 6\r\n'), ('', False))

    def test_panics(self) -> None:
        self.assertEqual(self.outcome(b'Kernel panic - no init\r\n'),
                         ('has panicked', False))

    def test_timer_that_was_late(self) -> None:
        self.assertEqual(self.outcome(
            b"Kernel panic - IO-APIC + timer doesn't work!  Boot\r\n"),
            ('', True))
