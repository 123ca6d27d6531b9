#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the results in a meson testlog.json as TAP.

usage: meson-tap.py meson-logs/testlog.json

A test program that prints TAP itself counts once per line of its own. What it
printed about a failure comes before the line that says "not ok", as it did in
the program, with paths from the root of the checkout.
"""

import json
import re
import sys

RESULT = re.compile(r'(not )?ok \d+ (?:- )?(.*)')
# Programs name sources as seen from their build directory
SOURCE = re.compile(r'\.\./\.\./(?=[\w/.-]+:\d)')
NOTES = 40


def results(test):
    """Yields (passed, name, notes) for a test program."""
    program = test['name'].split(' - ')[-1].split(':')[-1]
    notes, found, failed = [], False, False
    for line in test.get('stdout', '').splitlines():
        match = RESULT.match(line)
        if not match:
            notes.append(line)
            continue
        found, failed = True, failed or bool(match[1])
        yield not match[1], f'{program}: {match[2]}', notes
        notes = []
    notes += test.get('stderr', '').splitlines()
    passed = test['result'] in ('OK', 'EXPECTEDFAIL')
    if not found and passed:
        yield True, program, notes
    elif not passed and not failed:
        yield False, f"{program}: {test['result'].lower()}", notes


def main():
    count = 0
    with open(sys.argv[1], encoding='utf-8') as log:
        for line in log:
            for passed, name, notes in results(json.loads(line)):
                count += 1
                if not passed:
                    for note in notes[-NOTES:]:
                        print('#', SOURCE.sub('', note.removeprefix('# ')))
                print('ok' if passed else 'not ok', count, '-', name)
    print(f'1..{count}')


if __name__ == '__main__':
    main()
