# SPDX-License-Identifier: GPL-2.0-or-later
"""The pool of a lab: whose head, and what the demo says at its end."""

import unittest
from typing import Any

from lab.pool import dropped_stores, head_of
from lab.pooldemo import Proof
from lab.story import Failure


class Heads(unittest.TestCase):
    """Guest N is head N - 1."""

    def test_head(self) -> None:
        self.assertEqual([head_of(['1']), head_of(['9', '--kill'])], [0, 8])

    def test_no_guest(self) -> None:
        for words in [], ['0'], ['10'], ['--kill']:
            with self.subTest(words), self.assertRaises(Failure):
                head_of(words)


class Machine:
    """A QEMU that answers query-cxl."""

    def __init__(self, *dropped: int | None) -> None:
        self.ports = [{'port': n, 'device': {} if count is None else
                       {'pool': {'dropped': count}}}
                      for n, count in enumerate(dropped)]

    def execute(self, _: str) -> dict[str, Any]:
        """All behind a switch, and a port that is empty."""
        return {'host-bridges': [{'ports': [
            {'port': 0, 'switch': {'ports': self.ports}}, {'port': 1}]}]}


class Dropped(unittest.TestCase):
    """Stores that all devices of a machine have dropped."""

    def test_sum(self) -> None:
        self.assertEqual(dropped_stores(Machine(3, None, 4)), 7)
        self.assertEqual(dropped_stores(Machine(None)), 0)


class Table(unittest.TestCase):
    """What the demo has shown."""

    def test_rows(self) -> None:
        proof = Proof()
        proof.add('a short one', '5 ms', True)
        proof.add('one that is longer', '', False)
        self.assertEqual(proof.missing, 1)
        self.assertEqual(proof.table(), [
            'HELD  WHAT WAS SHOWN      HOW',
            'yes   a short one         5 ms',
            'NO    one that is longer'])
