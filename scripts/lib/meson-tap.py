#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the results in a meson testlog.json as TAP.

usage: meson-tap.py meson-logs/testlog.json

A test program that prints TAP itself counts once per line of its own.
"""

import json
import re
import sys

RESULT = re.compile(r'(not )?ok \d+ (?:- )?(.*)')


def results(test):
    """Yields (passed, name) for a test program."""
    name = test['name'].split(' - ')[-1].split(':')[-1]
    passed = test['result'] in ('OK', 'EXPECTEDFAIL')
    found = [match.groups() for match in
             map(RESULT.match, test.get('stdout', '').splitlines()) if match]
    yield from ((not bad, f'{name}: {text}') for bad, text in found)
    if not found or (not passed and not any(bad for bad, _ in found)):
        yield passed, name if passed else f"{name}: {test['result'].lower()}"


def main():
    count = 0
    with open(sys.argv[1], encoding='utf-8') as log:
        for line in log:
            test = json.loads(line)
            for passed, name in results(test):
                count += 1
                print('ok' if passed else 'not ok', count, '-', name)
                if not passed:
                    for out in (test.get('stdout', '').splitlines() +
                                test.get('stderr', '').splitlines())[-40:]:
                        print('#', out)
    print(f'1..{count}')


if __name__ == '__main__':
    main()
