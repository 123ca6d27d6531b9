# SPDX-License-Identifier: GPL-2.0-or-later
"""Labs that start at the same time, and what one finds that was there."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import labs, options as command_line, ports
from lab.process import Process
from lab.story import Failure, Story

SCRIPTS = Path(labs.__file__).parents[1]
# Another lab of the same checkout, which chooses ports and goes on
OTHER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lab import ports
ports.LABS = Path(sys.argv[2])
base = None if sys.argv[3] == 'auto' else int(sys.argv[3])
print(ports.choose(base, 3), flush=True)
sys.stdin.read()
"""


class Starts(unittest.TestCase):
    """A checkout without a lab."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for module in labs, command_line, ports:
            patch = mock.patch.object(module, 'LABS', self.place)
            patch.start()
            self.addCleanup(patch.stop)

    @contextlib.contextmanager
    def other(self, base: str):
        """Another program that has chosen ports; the first of them."""
        with subprocess.Popen(
                [sys.executable, '-c', OTHER, str(SCRIPTS), str(self.place),
                 base], text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE) as program:
            yield int(program.stdout.readline())
            program.stdin.close()

    def test_two_that_look_for_ports_find_others(self) -> None:
        # Both would begin where this one begins.
        with mock.patch('random.randrange', return_value=4001):
            mine = ports.choose(None, 3)
        self.assertEqual(mine, 26001)
        with self.other('auto') as base:
            self.assertFalse(set(range(base, base + 3)) &
                             set(range(mine, mine + 3)))
            with mock.patch('random.randrange', return_value=base - 22000):
                self.assertEqual(ports.choose(None, 3), base + 10)

    def test_ports_of_another_that_is_being_started(self) -> None:
        with self.other('auto') as base:
            with self.assertRaisesRegex(Failure, 'being started has port'):
                ports.choose(base + 2, 1)
        # It has ended.
        self.assertEqual(ports.choose(base + 2, 1), base + 2)

    def test_a_port_that_somebody_listens_at(self) -> None:
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            sock.listen()
            port = sock.getsockname()[1]
            with self.assertRaisesRegex(Failure, f'port {port} is taken'):
                ports.choose(port - 1, 2)

    def test_a_port_that_users_may_not_have(self) -> None:
        with mock.patch.object(socket.socket, 'bind',
                               side_effect=PermissionError), \
                self.assertRaisesRegex(Failure, 'port 80 is for root alone'):
            ports.choose(80, 1)

    def test_a_lab_that_vanishes_while_it_is_looked_at(self) -> None:
        about = self.place / 'odd/1/about'
        about.mkdir(parents=True)
        self.assertEqual(ports.owner(2222), '')

    def lab(self) -> labs.Lab:
        """The lab that "up" starts."""
        options = command_line.parse(['up', '--port-base', 'auto'])
        command_line.check(options)
        lab = labs.Lab(options, Story())
        self.addCleanup(lab.cleanup)
        return lab

    def test_two_that_start_the_same_lab(self) -> None:
        one, two = self.lab(), self.lab()
        with mock.patch.object(labs.Lab, 'boot'):
            one.start()
            with self.assertRaisesRegex(Failure, 'is being started by'):
                two.start()
            one.cleanup()
            two.start()

    def test_a_lab_that_runs(self) -> None:
        (self.place / 'lab/2').mkdir(parents=True)
        Process.of(os.getpid()).write(self.place / 'lab/2/pid')
        with self.assertRaisesRegex(Failure, 'lab "lab" is running'):
            self.lab().start()

    def test_sockets_that_go_while_they_are_removed(self) -> None:
        guest = self.place / 'lab/1'
        guest.mkdir(parents=True)
        (guest / 'ssh-1.sock').write_text('', 'utf-8')
        real = os.unlink

        def unlink(path, *words, **named):
            real(path, *words, **named)
            if os.fspath(path).endswith('ssh-1.sock'):
                raise FileNotFoundError(path)

        with mock.patch('os.unlink', unlink):
            labs.remove(guest)
        self.assertFalse(guest.exists())


if __name__ == '__main__':
    unittest.main()
