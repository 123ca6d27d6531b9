# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of tests: writing TAP and reading it.

Every program in Python that is a test writes its results with Writer, so that
scripts/check finds the same in all of them: what is said about a result
follows it, and begins with "#:". (A plain "#" says nothing of the sort: glib
and meson print it before the result that it belongs to.)
"""

import re
import sys
import unittest
from dataclasses import dataclass, field
from typing import Iterable, Iterator

RESULT = re.compile(r'(not )?ok \d+ ?(?:- )?(.*?)(?: # SKIP ?(.*))?$')


class Writer:
    """Numbers the tests of a program and counts them."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    @property
    def count(self) -> int:
        """How many there were."""
        return self.passed + self.failed + self.skipped

    def result(self, passed: bool, name: str,
               details: Iterable[str] = ()) -> None:
        """A test, with lines about it."""
        if passed:
            self.passed += 1
        else:
            self.failed += 1
        print(f'{"ok" if passed else "not ok"} {self.count} - {name}')
        self.lines('#:', details)

    def skip(self, name: str, why: str) -> None:
        """A test that cannot be run here."""
        self.skipped += 1
        print(f'ok {self.count} - {name} # SKIP {why}', flush=True)

    def note(self, *texts: str) -> None:
        """What is of no result."""
        self.lines('#', texts)

    @staticmethod
    def lines(prefix: str, texts: Iterable[str]) -> None:
        """Texts, of one or more lines each."""
        for text in texts:
            for line in text.splitlines():
                print(prefix, line)
        sys.stdout.flush()

    def again(self, result: 'Result') -> None:
        """A result of another program as one of this."""
        if result.skipped is not None:
            self.skip(result.name, result.skipped)
        else:
            self.result(result.passed, result.name, result.notes)

    def end(self) -> int:
        """The plan, and the exit status of the program. A program that ran
        no test has failed."""
        print(f'1..{self.count}', flush=True)
        return 1 if self.failed or not self.count else 0


class Outcome(unittest.TestResult):
    """What becomes of a test of unittest's, as TAP."""

    def __init__(self, writer: Writer, name: str) -> None:
        super().__init__()
        self.writer = writer
        self.name = name

    def stopTest(self, test: unittest.TestCase) -> None:
        """All that the test had to say is there by now."""
        super().stopTest(test)
        problems = [text for _, text in self.failures + self.errors]
        if self.skipped and not problems:
            self.writer.skip(self.name, self.skipped[0][1])
        else:
            self.writer.result(not problems, self.name, problems)


@dataclass
class Result:
    """A test that another program has run."""
    passed: bool
    name: str
    skipped: str | None = None
    notes: list[str] = field(default_factory=list)


def results(lines: Iterable[str]) -> Iterator[Result]:
    """Results in what a program printed, each with what is said about it."""
    found = None
    for line in lines:
        match = RESULT.match(line.rstrip('\n'))
        if match:
            if found:
                yield found
            found = Result(not match[1], match[2], match[3])
        elif found and line.startswith('#:'):
            found.notes.append(line.rstrip('\n').removeprefix('#:')
                               .removeprefix(' '))
    if found:
        yield found
