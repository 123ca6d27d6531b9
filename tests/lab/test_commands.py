# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands in a directory of labs that somebody has changed."""

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import commands, labs, options as command_line
from lab.process import Process


class Labs(unittest.TestCase):
    """A lab "odd" with a guest."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.guest = self.place / 'odd/1'
        self.guest.mkdir(parents=True)
        (self.guest / 'about').write_text('2222 x86_64 6.12 tcg\n', 'utf-8')
        for module in labs, command_line, commands:
            patch = mock.patch.object(module, 'LABS', self.place)
            patch.start()
            self.addCleanup(patch.stop)

    def run_main(self, *words: str) -> tuple[int, str, str]:
        """Status and output of a command."""
        out, err = io.StringIO(), io.StringIO()
        with mock.patch('sys.argv', ['cxl-lab', *words]), \
                mock.patch('signal.signal'), \
                contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            try:
                commands.main()
            except SystemExit as end:
                return int(end.code or 0), out.getvalue(), err.getvalue()

    def test_status(self) -> None:
        self.assertIn('odd              1     stopped  2222',
                      self.run_main('status')[1])

    def test_status_of_a_guest_with_another_file(self) -> None:
        for text in b'', b'2222\n', b'\xff', b'a b c d e\n':
            (self.guest / 'about').write_bytes(text)
            status, out, _ = self.run_main('status')
            self.assertEqual(status, 0)
            self.assertIn('odd              1     stopped', out)

    def test_a_guest_whose_files_are_not_the_labs(self) -> None:
        (self.guest / 'sub/sub').mkdir(parents=True)
        (self.place / 'file').write_text('', 'utf-8')
        (self.place / 'link').symlink_to(self.place / 'odd')
        for name in 'odd/1', 'file', 'link':
            labs.remove(self.place / name)
        self.assertEqual(sorted(os.listdir(self.place)), ['odd'])

    def test_a_file_where_a_guest_could_be(self) -> None:
        (self.place / 'odd/2').write_text('', 'utf-8')
        self.assertEqual(self.run_main('down', '--name', 'odd')[:2],
                         (0, '0 guest(s) of lab "odd" stopped.\n'))

    def test_ssh_and_its_status_are_the_commands(self) -> None:
        Process.of(os.getpid()).write(self.guest / 'pid')
        with mock.patch.object(commands, 'replace') as replace, \
                mock.patch('lab.host.need_key'):
            self.run_main('ssh', '--name', 'odd', '1', 'a  b', '--', '-c')
        command = replace.call_args.args[0]
        self.assertEqual((command[0], command[-4:]),
                         ('ssh', ['127.0.0.1', 'a  b', '--', '-c']))

    def test_commands_for_a_guest_that_does_not_run(self) -> None:
        for words, sentence in [
                (['ssh', '1', 'true'], 'guest 1 of lab "odd" is not running'),
                (['monitor', '1'], 'guest 1 of lab "odd" is not running'),
                (['console', '2'], 'lab "odd" has no guest 2'),
                (['ssh'], 'say which guest'), (['ssh', '01'], 'say which')]:
            with self.subTest(words):
                status, out, err = self.run_main(words[0], '--name', 'odd',
                                                 *words[1:])
                self.assertEqual((status, out), (1, ''))
                self.assertIn(f'cxl-lab: {sentence}', err)

    def test_a_checkout_of_another_user(self) -> None:
        with mock.patch('os.access', return_value=False):
            status, out, err = self.run_main('up')
        self.assertEqual((status, out), (1, ''))
        self.assertIn('have a checkout of your own', err)

    def test_what_the_host_refuses(self) -> None:
        with mock.patch.object(commands, 'tell', side_effect=OSError(
                28, 'No space left on device')):
            status, _, err = self.run_main('status')
        self.assertEqual(status, 1)
        self.assertEqual(err, 'cxl-lab: [Errno 28] No space left on device.\n')
