#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests scripts/lib/meson-tap.py: who fails shows why, each its own reason."""

import json
import subprocess
import sys
import tempfile

PROGRAMS = [
    {'name': 'qemu-cxl:unit / two', 'result': 'FAIL', 'stderr': '',
     'stdout': 'ok 1 - fine\n# ../../a.c:1: first\nnot ok 2 - first\n'
               '# b: second\nnot ok 3 - second\nok 4 - also fine\n1..4\n'},
    {'name': 'qemu-cxl:unit / died', 'result': 'FAIL', 'stderr': 'overflow',
     'stdout': '# passes\nok 1 - begins\n# goes on\n'},
    {'name': 'silent', 'result': 'OK', 'stdout': 'no TAP', 'stderr': ''},
    {'name': 'hangs', 'result': 'TIMEOUT', 'stdout': '', 'stderr': 'slow'},
]

WANT = '''ok 1 - unit / two: fine
# a.c:1: first
not ok 2 - unit / two: first
# b: second
not ok 3 - unit / two: second
ok 4 - unit / two: also fine
ok 5 - unit / died: begins
# goes on
# overflow
not ok 6 - unit / died: fail
ok 7 - silent
# slow
not ok 8 - hangs: timeout
1..8
'''


def main():
    with tempfile.NamedTemporaryFile('w', suffix='.json') as log:
        log.writelines(json.dumps(program) + '\n' for program in PROGRAMS)
        log.flush()
        got = subprocess.run([sys.executable, sys.argv[1], log.name],
                             capture_output=True, text=True,
                             check=True).stdout
    if got != WANT:
        print(f'got:\n{got}\nwant:\n{WANT}')
        sys.exit(1)


if __name__ == '__main__':
    main()
