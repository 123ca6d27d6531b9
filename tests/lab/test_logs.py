# SPDX-License-Identifier: GPL-2.0-or-later
"""Logs of guests that write without end."""

import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from lab import logs
from lab.process import spawn


class Logs(unittest.TestCase):
    """The first and the last part of a log stay."""

    def setUp(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.file = Path(self.place.name) / 'console.log'

    def test_a_short_one_is_left_alone(self) -> None:
        self.file.write_bytes(b'x' * 100)
        logs.shorten(self.file, limit=100, kept=10)
        self.assertEqual(self.file.read_bytes(), b'x' * 100)

    def test_a_long_one_loses_its_middle(self) -> None:
        self.file.write_bytes(b'first' + b'x' * 100 + b'last!')
        logs.shorten(self.file, limit=100, kept=5)
        self.assertEqual(self.file.read_bytes(),
                         b'first' + logs.NOTE + b'last!')

    def test_it_stays_short(self) -> None:
        with self.file.open('ab', buffering=0) as log:
            log.write(b'first')
            for number in range(100):
                log.write(b'%09d\n' % number)
                logs.shorten(self.file, limit=200, kept=20)
                self.assertLessEqual(self.file.stat().st_size, 200)
        data = self.file.read_bytes()
        self.assertTrue(data.startswith(b'first'))
        self.assertTrue(data.endswith(b'000000099\n'))
        self.assertNotIn(b'\0', data)

    def test_one_that_is_gone(self) -> None:
        logs.shorten(self.file)

    def test_it_is_done_as_long_as_the_process_runs(self) -> None:
        self.file.write_bytes(b'x' * (logs.LIMIT + 1))
        process = spawn(['sleep', '60'], self.file.parent, subprocess.DEVNULL)
        self.addCleanup(process.kill)
        keeper = spawn([sys.executable, '-I', '-S', logs.__file__,
                        str(process.pid), process.started, self.file.name],
                       self.file.parent, subprocess.DEVNULL)
        self.addCleanup(keeper.kill)
        deadline = time.monotonic() + 20
        while self.file.stat().st_size > logs.LIMIT:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertTrue(keeper.running())
        process.kill()
        self.assertTrue(keeper.ended(20))


if __name__ == '__main__':
    unittest.main()
