# SPDX-License-Identifier: GPL-2.0-or-later
"""What "cxl-lab inject" sends, and where the demo of poison looks."""

import unittest
from typing import Any

from lab import inject, poison
from lab.story import Failure


class Message(unittest.TestCase):
    """The command of QMP."""

    def test_numbers(self) -> None:
        self.assertEqual(inject.message('poison', ['start=0x40']),
                         ('cxl-inject-poison', {'start': 64, 'length': 64}))
        self.assertEqual(inject.message('clear-poison', ['start=64K',
                                                         'length=1M'])[1],
                         {'start': 65536, 'length': 1 << 20})

    def test_what_is_said_comes_first(self) -> None:
        command, arguments = inject.message('dram-event', ['log=fatal',
                                                           'bank=3'])
        self.assertEqual(command, 'cxl-inject-dram-event')
        self.assertEqual(arguments, inject.MEDIA | {'log': 'fatal',
                                                    'bank': 3})
        self.assertEqual(inject.MEDIA['log'], 'informational')

    def test_kinds_of_values(self) -> None:
        arguments = inject.message('dram-event', [
            'correction-mask=7', 'component-id=12', 'is-comp-id-pldm=true'])[1]
        self.assertEqual(arguments['correction-mask'], [7])
        self.assertEqual(arguments['component-id'], '12')
        self.assertIs(arguments['is-comp-id-pldm'], True)

    def test_errors_are_a_list(self) -> None:
        self.assertEqual(
            inject.message('uncorrectable-error', ['type=internal',
                                                   'header=1,0x2'])[1],
            {'errors': [{'type': 'internal', 'header': [1, 2]}]})

    def test_mistakes(self) -> None:
        for kind, word, text in [('x', 'a=1', '"x"'),
                                 ('poison', 'start', '"start"'),
                                 ('poison', '=1', '"=1"'),
                                 ('dram-event', 'correction-mask=a', '"a"')]:
            with self.assertRaises(Failure) as caught:
                inject.message(kind, [word])
            self.assertIn(text, str(caught.exception))


class Place(unittest.TestCase):
    """From the guest's address to the device's."""

    def test_region_of_one_device(self) -> None:
        windows: list[dict[str, Any]] = [{'regions': [
            {'base': 0x1000, 'size': 0x1000, 'targets': [{'dpa': 0},
                                                         {'dpa': 0}]},
            {'base': 0x2000, 'size': 0x1000, 'targets': [{'dpa': 0x700}]}]}]
        self.assertEqual(poison.dpa_of(windows, 0x2010), 0x710)
        for hpa in 0x1000, 0x3000:
            with self.assertRaises(Failure):
                poison.dpa_of(windows, hpa)
