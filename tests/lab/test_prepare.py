# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made before guests can start."""

import contextlib
import io
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from lab import host, options as command_line, prepare
from lab.paths import ROOT
from lab.story import Failure, Said


def images(line: str) -> list[tuple[str, str]]:
    """Those that a command line needs."""
    options = command_line.parse(line.split())
    command_line.check(options)
    with mock.patch('shutil.which', return_value='/usr/bin/apt-get'):
        return prepare.images(options)


class Images(unittest.TestCase):
    """Which guests there will be."""

    def test_guests_of_one_kind_have_one_image(self) -> None:
        self.assertEqual(images('up'), [('x86_64', '6.12')])

    def test_each_guest_its_own(self) -> None:
        self.assertEqual(images('up --arch amd64,arm64 --kernel newest'),
                         [('x86_64', 'newest'), ('aarch64', 'newest')])

    def test_kernels_of_one_guest_after_the_other(self) -> None:
        self.assertEqual(images('demo --persistent --kernel 6.12,6.1'),
                         [('x86_64', '6.12'), ('x86_64', '6.1')])

    def test_nothing_is_made_without_apt(self) -> None:
        options = command_line.parse(['up'])
        command_line.check(options)
        with mock.patch('shutil.which', return_value=None):
            self.assertEqual(prepare.images(options), [])


class Meanwhile(unittest.TestCase):
    """Images are made while QEMU is built."""

    def test_what_it_says_comes_after(self) -> None:
        printed = io.StringIO()
        with mock.patch.object(prepare, 'MAKE_IMAGES', 'echo "$@"'), \
                contextlib.redirect_stdout(printed):
            with prepare.making_images([('x86_64', '6.12')]):
                print('QEMU')
        self.assertEqual(printed.getvalue(), 'QEMU\nx86_64 6.12\n')

    def test_its_failure_ends_the_program(self) -> None:
        printed = io.StringIO()
        with mock.patch.object(prepare, 'MAKE_IMAGES', 'cxl_die why'), \
                contextlib.redirect_stdout(printed):
            with self.assertRaises(Said):
                with prepare.making_images([('x86_64', '6.12')]):
                    pass
        self.assertIn('why', printed.getvalue())

    def test_it_ends_with_what_it_runs_beside(self) -> None:
        started = []

        def begin(script, output, *words):
            started.append(real(script, output, *words))
            return started[0]

        real = host.begin
        with mock.patch.object(prepare, 'MAKE_IMAGES', 'exec sleep 60'), \
                mock.patch.object(host, 'begin', begin):
            with self.assertRaises(Failure):
                with prepare.making_images([('x86_64', '6.12')]):
                    raise Failure('QEMU was not built')
        self.assertIsNotNone(started[0].poll())


class Elsewhere(unittest.TestCase):
    """Where QEMU cannot be compiled."""

    def test_it_is_told_before_anything_is_fetched(self) -> None:
        with tempfile.TemporaryDirectory(prefix='two words ') as place:
            shutil.copytree(ROOT / 'scripts', f'{place}/scripts')
            done = subprocess.run([f'{place}/scripts/build'], text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertEqual(
                done.stderr, 'build: QEMU cannot be built in a path with spaces'
                f' or colons; move {place} and run this again.\n')


if __name__ == '__main__':
    unittest.main()
