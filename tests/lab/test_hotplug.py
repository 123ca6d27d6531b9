# SPDX-License-Identifier: GPL-2.0-or-later
"""What attach and watch make of what they are told."""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab.guest import Guest
from lab.hotplug import (LOOK, ONLINE, Look, ask_to_let_go, backend,
                         free_ports, looked_at, tell_what_is_gone,
                         wait_for_removal)
from lab.qmp import QmpError
from lab.story import Failure
from lab.watching import event_text, region_text, size_text


class Backend(unittest.TestCase):
    """A size or a file."""

    def test_a_size(self) -> None:
        self.assertEqual(backend('1G'), {
            'qom-type': 'memory-backend-ram', 'size': 1 << 30, 'share': True})

    def test_a_file(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(256 << 20)
            self.assertEqual(backend(file.name), {
                'qom-type': 'memory-backend-file', 'mem-path': file.name,
                'size': 256 << 20, 'share': True})

    def test_sizes_that_memory_does_not_have(self) -> None:
        for size in '100M', '300M', '257M':
            with self.subTest(size), self.assertRaisesRegex(Failure, '256M'):
                backend(size)
        with tempfile.NamedTemporaryFile() as file:
            for size in 0, 256 << 19, (256 << 20) + 1:
                file.truncate(size)
                with self.subTest(size), \
                        self.assertRaisesRegex(Failure, '256M'):
                    backend(file.name)

    def test_what_is_neither(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            for what in f'{directory}/no-file', directory, '0M', '', '12':
                with self.subTest(what), \
                        self.assertRaisesRegex(Failure, 'neither'):
                    backend(what)
            self.assertEqual(list(Path(directory).iterdir()), [])


class Ports(unittest.TestCase):
    """Where a device can be attached."""

    def test_free_ones(self) -> None:
        ports = [{'id': 'a', 'device': {}}, {'id': 'b'}, {},
                 {'id': 'c', 'switch': {'ports': [{'id': 'd', 'device': {}},
                                                  {'id': 'e'}]}}]
        self.assertEqual(list(free_ports(ports)), ['b', 'e'])


class Looking(unittest.TestCase):
    """What Linux has, and what it has no more."""

    def gone(self, before: Look, after: Look, online: bytes = b'0\n') -> str:
        """What a user is told."""
        said = io.StringIO()
        done = mock.Mock(returncode=0, stdout=online)
        with mock.patch.object(Guest, 'ssh', return_value=done), \
                contextlib.redirect_stdout(said):
            tell_what_is_gone(Guest(Path('/lab/1')), before, after)
        return said.getvalue()

    def test_what_a_guest_prints(self) -> None:
        self.assertEqual(
            looked_at(['mem0', 'ram 0x100 512', 'mem1', 'regions', '']),
            Look(True, {'mem0', 'mem1'}, {('0x100', '512')}, True))
        self.assertEqual(looked_at([]), Look(True))

    def test_the_scripts_run(self) -> None:
        for script in LOOK, ONLINE:
            subprocess.run(['sh', '-n', '-c', script], check=True)

    def test_a_memdev(self) -> None:
        self.assertEqual(self.gone(Look(True, {'mem0', 'mem1'}),
                                   Look(True, {'mem0'})),
                         'Linux has mem1 no more\n')

    def test_nobody_answers(self) -> None:
        self.assertEqual(self.gone(Look(True, {'mem0'}), Look()),
                         'Linux in guest 1 does not answer any more\n')
        self.assertEqual(self.gone(Look(), Look()), '')

    def test_ram_that_linux_goes_on_using(self) -> None:
        before = Look(True, {'mem1'}, {('0x100000000', '268435456')})
        said = self.gone(before, Look(True), b'268435456\n')
        self.assertIn('goes on using 256 MiB of it as RAM', said)
        self.assertEqual(self.gone(before, Look(True), b'sh: no such file'),
                         'Linux has mem1 no more\n')


class Removing(unittest.TestCase):
    """A device that somebody else has asked for."""

    @staticmethod
    def qemu(error: str, *objects: str) -> mock.Mock:
        """A QEMU with these ids that refuses device_del."""
        def execute(command: str, **arguments: str) -> list[dict[str, str]]:
            if command == 'device_del':
                raise QmpError(error)
            return [{'name': name} for name in objects
                    if arguments['path'] == '/objects']
        return mock.Mock(execute=execute, event=lambda *_: None)

    def test_it_is_on_its_way(self) -> None:
        ask_to_let_go(self.qemu('Device a is already in the process of unplug',
                                'a', 'a-memory'), 'a')

    def test_it_has_left_its_memory(self) -> None:
        ask_to_let_go(self.qemu("Device 'a' not found", 'a-memory'), 'a')

    def test_it_is_refused(self) -> None:
        for qemu in (self.qemu("Device 'a' not found"),
                     self.qemu("'a' cannot go", 'a', 'a-memory')):
            with self.assertRaises(QmpError):
                ask_to_let_go(qemu, 'a')

    def test_the_event_came_before(self) -> None:
        wait_for_removal(self.qemu(''), Guest(Path('/lab/1')), 'a')


class Watching(unittest.TestCase):
    """Lines of the screen."""

    def test_sizes(self) -> None:
        self.assertEqual([size_text(size) for size in (
            512, 4096, 256 << 20, 3 << 29, 1 << 30)], [
                '512 B', '4 KiB', '256 MiB', '1.5 GiB', '1 GiB'])

    def test_a_region(self) -> None:
        region = {'base': 0x1000, 'size': 1 << 28, 'mapping': 'linear',
                  'targets': [{'id': 'a', 'device': '/x/a'},
                              {'device': '/x/y/b'}]}
        self.assertEqual(region_text(region), '0x1000 256 MiB linear: a, b')
        region |= {'mapping': 'unmapped', 'targets': [], 'reason': 'no port'}
        self.assertEqual(region_text(region),
                         '0x1000 256 MiB unmapped (no port)')

    def test_an_event_that_would_clear_the_screen(self) -> None:
        text = event_text({'event': 'X', 'data': {'device': '\x1b[2J'},
                           'timestamp': {'seconds': 0}})
        self.assertTrue(text.endswith(' X device=\\x1b[2J'), text)


if __name__ == '__main__':
    unittest.main()
