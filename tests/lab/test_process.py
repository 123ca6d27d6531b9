# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing is ended but what was started."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from lab import process as keeper
from lab.process import Process, spawn, start_time


class Keeper(unittest.TestCase):
    """A process of one's own, and others with its number."""

    def setUp(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.directory = Path(self.place.name)
        self.process = spawn(['sleep', '60'], self.directory,
                             subprocess.DEVNULL)
        self.addCleanup(self.process.kill)

    def test_it_runs(self) -> None:
        self.assertTrue(self.process.running())
        self.assertEqual(self.process, Process.of(self.process.pid))
        self.assertFalse(self.process.ended(0.01))

    def test_it_has_a_session_of_its_own(self) -> None:
        self.assertEqual(os.getsid(self.process.pid), self.process.pid)

    def test_it_is_stopped(self) -> None:
        self.process.stop()
        self.assertFalse(self.process.running())

    def test_it_is_killed(self) -> None:
        self.process.kill()
        # Nobody has waited for it: it is still in the table.
        self.assertTrue(Path(f'/proc/{self.process.pid}').exists())
        self.assertFalse(self.process.running())

    def test_another_with_its_number_is_left_alone(self) -> None:
        for started in '1', '':
            other = Process(self.process.pid, started)
            self.assertFalse(other.running())
            other.stop()
            other.kill()
        time.sleep(0.1)
        self.assertTrue(self.process.running())

    def test_one_that_catches_sigterm_is_killed(self) -> None:
        stubborn = spawn(['bash', '-c', 'trap "" TERM; echo >ready; '
                          'while :; do sleep 0.1; done'], self.directory,
                         subprocess.DEVNULL)
        while not (self.directory / 'ready').exists():
            time.sleep(0.01)
        stubborn.send(15)
        self.assertFalse(stubborn.ended(0.3))
        stubborn.kill()
        self.assertFalse(stubborn.running())

    def test_it_is_found_again(self) -> None:
        file = self.directory / 'pid'
        self.process.write(file)
        self.assertEqual(Process.read(file), self.process)

    def test_who_reads_meanwhile_finds_it_whole(self) -> None:
        file = self.directory / 'pid'
        self.process.write(file)
        with file.open(encoding='utf-8') as reader:
            Process(1, '2').write(file)
            self.assertEqual(reader.read(),
                             f'{self.process.pid} {self.process.started}\n')
        self.assertEqual(Process.read(file), Process(1, '2'))

    def test_it_is_kept_before_it_does_anything(self) -> None:
        file = self.directory / 'own'
        other = spawn(['sh', '-c', 'cp own copy; exec sleep 60'],
                      self.directory, subprocess.DEVNULL, file)
        self.addCleanup(other.kill)
        self.assertEqual(Process.read(file), other)
        while not (self.directory / 'copy').exists():
            time.sleep(0.01)
        self.assertEqual(Process.read(self.directory / 'copy'), other)

    def test_a_damaged_file_names_nothing(self) -> None:
        file = self.directory / 'pid'
        self.assertIsNone(Process.read(file))
        for text in '', '1', 'x y', '1 2 3':
            file.write_text(text)
            self.assertIsNone(Process.read(file))

    def test_a_number_that_nobody_has(self) -> None:
        self.assertEqual(start_time(2 ** 22 + 1), '')


RUN = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from lab import process
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
process.run(['sh', '-c', 'sh -c "echo \\$\\$; exec sleep 600"; true'])
"""


class Interrupted(unittest.TestCase):
    """This program, when somebody ends it."""

    def test_what_it_runs_is_ended_with_all_that_has_started(self) -> None:
        scripts = Path(keeper.__file__).parents[1]
        with subprocess.Popen([sys.executable, '-c', RUN, scripts], text=True,
                              stdout=subprocess.PIPE) as program:
            assert program.stdout
            inner = Process.of(int(program.stdout.readline()))
            self.addCleanup(inner.kill)
            self.assertTrue(inner.running())
            program.terminate()
            self.assertEqual(program.wait(60), 143)
        self.assertTrue(inner.ended(60))

    def test_what_must_not_be_left_half_done(self) -> None:
        came = []
        before = signal.signal(signal.SIGTERM, lambda n, _: came.append(n))
        self.addCleanup(signal.signal, signal.SIGTERM, before)
        with keeper.undisturbed([signal.SIGTERM]):
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGTERM)
            self.assertEqual(came, [])
        self.assertEqual(came, [signal.SIGTERM])

    def test_a_status(self) -> None:
        self.assertEqual(keeper.run(['sh', '-c', 'exit 3']), 3)


if __name__ == '__main__':
    unittest.main()
