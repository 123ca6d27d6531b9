# SPDX-License-Identifier: GPL-2.0-or-later
"""What guest tests are made of, without guests."""

import contextlib
import importlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Callable
from unittest import mock

from lab.paths import ROOT

sys.path.insert(0, str(ROOT / 'tests/guest'))

# pylint: disable=wrong-import-position
import framework  # noqa: E402
from framework import Failed, Scenario, Stop, expect, refuse, same, \
    tap, test  # noqa: E402


@test('{what} of {n}')
def good(s: Scenario, n: int, what: str = 'success') -> None:
    """Does nothing."""
    # pylint: disable=unused-argument
    s.note('all is well')


@test('failure')
def bad(s: Scenario) -> None:
    """Fails after having done something."""
    s.note('this was done')
    raise Failed('and this is wrong')


class Checks(unittest.TestCase):
    """Results of tests."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        patched = mock.patch.object(framework, 'LABS', Path(place.name))
        patched.start()
        self.addCleanup(patched.stop)
        self.scenario = Scenario('fake', [], tap.Writer())

    def printed(self, action: Callable[[], object]) -> str:
        """What is printed."""
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            action()
        return text.getvalue()

    def test_arguments_fill_in_the_sentence(self) -> None:
        self.assertEqual(self.printed(lambda: good(self.scenario, 2)),
                         'ok 1 - fake: success of 2\n')
        self.assertEqual(self.printed(lambda: good.named('{n}, {what}')(
            self.scenario, 3, what='x')), 'ok 2 - fake: 3, x\n')

    def test_a_failure_shows_what_was_done(self) -> None:
        self.assertEqual(self.printed(lambda: bad(self.scenario)),
                         'not ok 1 - fake: failure\n#:   this was done\n'
                         '#:   and this is wrong\n')
        self.assertTrue(self.scenario.failed)

    def test_a_failure_shows_the_last_lines_of_consoles(self) -> None:
        directory = self.scenario.directory / '1'
        directory.mkdir(parents=True)
        (directory / 'console.log').write_bytes(b''.join(
            b'line %d \x1b[2J\r\n' % n for n in range(100)))
        self.scenario.guests = 1
        text = self.printed(lambda: bad(self.scenario))
        self.assertEqual(text.count('line '), framework.CONSOLE_LINES)
        self.assertTrue(text.endswith('#:   line 99 \\x1b[2J\n'), text)

    def test_what_was_done_before_is_not_shown(self) -> None:
        text = self.printed(lambda: (good(self.scenario, 1),
                                     bad(self.scenario)))
        self.assertNotIn('all is well', text)

    def test_one_that_is_needed_ends_the_scenario(self) -> None:
        with self.assertRaises(Stop):
            self.printed(lambda: bad.must()(self.scenario))

    def test_with_keep_any_failure_ends_the_scenario(self) -> None:
        self.scenario.keep = True
        with self.assertRaises(Stop):
            self.printed(lambda: bad(self.scenario))

    def test_names_of_labs(self) -> None:
        for part in '', 'x' * 60:
            self.assertLessEqual(len(self.scenario.lab_name(part)), 32)


class Assertions(unittest.TestCase):
    """They fail when they should."""

    def test_expect(self) -> None:
        expect('one\ntwo', '^two$')
        with self.assertRaisesRegex(Failed, 'no line that matches "three"'):
            expect('one\ntwo', 'three')

    def test_refuse(self) -> None:
        refuse('one\ntwo', 'three')
        with self.assertRaisesRegex(Failed, 'two'):
            refuse('one\ntwo', '^t')

    def test_same(self) -> None:
        same(1, 1)
        with self.assertRaises(Failed):
            same('1', 1)


class Scenarios(unittest.TestCase):
    """What every scenario has."""

    def test_they_can_be_run(self) -> None:
        for file in sorted((ROOT / 'tests/guest').glob('scenario_*.py')):
            with self.subTest(file.stem):
                module = importlib.import_module(file.stem)
                self.assertTrue(callable(module.run))
                summary = (module.__doc__ or '').partition('\n')[0]
                self.assertRegex(summary, '^[a-z]')
                self.assertFalse(summary.endswith('.'))


if __name__ == '__main__':
    unittest.main()
