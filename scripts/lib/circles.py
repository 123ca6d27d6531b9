#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks for circles among the source files of hw/cxl.

usage: circles.py [DIRECTORY]

A file stands above those whose functions and tables it names. Prints each set
of files that stand above each other, with the names that tie them, and fails if
there is one: what is below must be usable, and readable, without what is above.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

NOISE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
DEFINED = re.compile(r'^(?!static|typedef|extern|return)\w[\w \t*]*?'
                     r'\b(cxl_\w+|qmp_\w+)(?:\([^;{]*\)\s*\{|(?:\[\w*\])* = )',
                     re.MULTILINE)


def uses(root):
    """Returns {file: {file below: names}}."""
    texts = {path: NOISE.sub(' ', path.read_text(encoding='utf-8'))
             for path in sorted((root / 'hw/cxl').rglob('*.c'))}
    home = {name: path for path, text in texts.items()
            if path.name != 'stubs.c' for name in DEFINED.findall(text)}
    below = {path: defaultdict(set) for path in texts}
    for path, text in texts.items():
        for name in set(re.findall(r'\b\w+\b', text)) & home.keys():
            if home[name] != path:
                below[path][home[name]].add(name)
    return below


def reachable(below, start):
    found, todo = set(), [start]
    while todo:
        for path in below[todo.pop()]:
            if path not in found:
                found.add(path)
                todo.append(path)
    return found


def circles(below):
    """Returns the sets of files of which each stands above each other."""
    reach = {path: reachable(below, path) for path in below}
    found = {frozenset(other for other in reach[path] if path in reach[other])
             for path in below}
    return sorted(map(sorted, found - {frozenset()}))


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    below = uses(root)
    found = circles(below)
    for circle in found:
        print('a circle:')
        for path in circle:
            for other in sorted(set(circle) & below[path].keys()):
                names = ', '.join(sorted(below[path][other]))
                print(f'  {path.relative_to(root)} uses {names}'
                      f' of {other.relative_to(root)}')
    sys.exit(bool(found))


if __name__ == '__main__':
    main()
