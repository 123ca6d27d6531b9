# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP: what is written can be read."""

import contextlib
import io
import unittest

from lab.tap import Result, Writer, results


def printed(action) -> str:
    """What it prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        action()
    return text.getvalue()


class Tap(unittest.TestCase):
    """The writer, and the reader of what others write."""

    def test_writer(self) -> None:
        tap = Writer()
        text = printed(lambda: (tap.result(True, 'a'),
                                tap.result(False, 'b', ['why\nnot']),
                                tap.skip('c', 'no disk')))
        self.assertEqual(text, 'ok 1 - a\nnot ok 2 - b\n#: why\n#: not\n'
                         'ok 3 - c # SKIP no disk\n')
        self.assertEqual((tap.passed, tap.failed, tap.skipped), (1, 1, 1))

    def test_exit_status(self) -> None:
        tap = Writer()
        printed(lambda: self.assertEqual(tap.end(), 1))
        printed(lambda: tap.result(True, 'a'))
        self.assertEqual(printed(lambda: self.assertEqual(tap.end(), 0)),
                         '1..1\n')
        printed(lambda: tap.result(False, 'b'))
        printed(lambda: self.assertEqual(tap.end(), 1))

    def test_reader(self) -> None:
        found = list(results(['noise\n', 'ok 1 - a\n', '#: note\n',
                              'not ok 2 b\n', '#: x\n', '#:   y\n', '# z\n',
                              'ok 3 - c # SKIP why\n', '1..3\n']))
        self.assertEqual(found, [Result(True, 'a', None, ['note']),
                                 Result(False, 'b', None, ['x', '  y']),
                                 Result(True, 'c', 'why')])

    def test_a_result_of_another_program(self) -> None:
        tap = Writer()
        written = 'ok 1 - a\nnot ok 2 - b\n#: x\nok 3 - c # SKIP why\n'
        text = printed(lambda: [tap.again(result) for result in
                                results(written.splitlines())])
        self.assertEqual(text, written)


if __name__ == '__main__':
    unittest.main()
