#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what documents say of the tree with the tree.

usage: doc-facts.py [DIRECTORY]

* The tables of docs/architecture.rst name every source file of hw/cxl and
  hw/cxl/core, and nothing else.
* The sections of the specification that a row of the table of hw/cxl/core
  gives are those in the first comment of the file.
* The opcodes in docs/maturity.rst are those of the list of commands, and a row
  of level 0 has none of these.

Prints what differs, and fails if anything does.
"""

import re
import sys
from pathlib import Path

ROW = re.compile(r'^``([\w.-]+)``,?(?:\s+(\S.*))?$')
RULE = re.compile(r'^=+ =+( =+)*$')
CLAUSE = re.compile(r'(?<![\w.])\d+(?:\.\d+)+(?!h|\w)')
OPCODE = re.compile(r'\b([0-9a-f]{4})h\b')
RANGE = re.compile(r'\b([0-9a-f]{4})h to ([0-9a-f]{4})h\b')


def file_tables(text):
    """Returns {directory: {file: what the table says of it}}."""
    tables, current, name = {}, None, None
    for line in text.splitlines():
        head = re.match(r'^``(hw/cxl/(?:core/)?)``$', line)
        row = ROW.match(line)
        if head:
            current = tables.setdefault(head[1], {})
        elif current is not None and row:
            name = row[1]
            current[name] = row[2] or ''
        elif current is not None and line.startswith(' ' * 24) and name:
            current[name] += ' ' + line.strip()
        elif not RULE.match(line):
            current = name = None
    return tables


def sources(root, directory):
    return {path.name for pattern in ('*.c', '*.trace-events')
            for path in (root / directory).glob(pattern)}


def first_comment(path):
    """The paragraph that says what the file is."""
    match = re.search(r'/\*\n(.*?)\n (?:\*/|\*\n)',
                      path.read_text(encoding='utf-8'), re.DOTALL)
    return match[1] if match else ''


def clauses(text):
    """Sections of CXL; a version that comes before one is none."""
    text = re.sub(r'\b(CXL 3\.1|PCIe [67]\.\d)\s+\*?\s*', r'', text)
    return set(CLAUSE.findall(text))


def compare_files(root):
    tables = file_tables((root / 'docs/architecture.rst').read_text(
        encoding='utf-8'))
    for directory in ('hw/cxl/core/', 'hw/cxl/'):
        table = tables.get(directory, {})
        there = sources(root, directory)
        for name in sorted(there - set(table)):
            yield f'docs/architecture.rst does not name {directory}{name}'
        for name in sorted(set(table) - there):
            yield f'docs/architecture.rst: there is no {directory}{name}'
    for name, text in sorted(tables.get('hw/cxl/core/', {}).items()):
        path = root / 'hw/cxl/core' / name
        if path.exists():
            comment = clauses(first_comment(path))
            if clauses(text) != comment:
                yield (f'docs/architecture.rst: {name} is of '
                       f'{", ".join(sorted(clauses(text))) or "no section"}, '
                       f'the file says '
                       f'{", ".join(sorted(comment)) or "none"}')


def opcodes(text):
    found = {int(code, 16) for code in OPCODE.findall(text)}
    for first, last in RANGE.findall(text):
        found |= set(range(int(first, 16), int(last, 16) + 1))
    return found


def maturity_rows(text):
    """Yields (level, subject) of the tables with four columns."""
    widths, row = None, None
    for line in text.splitlines():
        if RULE.match(line):
            widths = [len(part) for part in line.split()]
            continue
        if not widths or len(widths) != 4:
            continue
        start = widths[0] + 1
        subject = line[start:start + widths[1]].strip()
        if line[:1].strip():
            if row:
                yield row
            level = line[start + widths[1]:][:widths[2] + 1].strip()
            row = (level, subject)
        elif row and line.strip():
            row = (row[0], f'{row[1]} {subject}')
        elif row:
            yield row
            row = None
    if row:
        yield row


def compare_opcodes(root):
    spec = (root / 'include/hw/cxl/spec/opcodes.h').read_text(encoding='utf-8')
    there = {int(code, 16) for code in
             re.findall(r'^ +X\(\w+,\s+0x([0-9a-f]{4}),', spec, re.MULTILINE)}
    said = set()
    for level, subject in maturity_rows((root / 'docs/maturity.rst').read_text(
            encoding='utf-8')):
        if level == '0':
            for code in sorted(opcodes(subject) & there):
                yield f'docs/maturity.rst: {code:04x}h is there, "{subject}"'
        else:
            said |= opcodes(subject)
    for code in sorted(there - said):
        yield f'docs/maturity.rst does not name {code:04x}h'
    for code in sorted(said - there):
        yield f'docs/maturity.rst: there is no {code:04x}h'


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    wrong = [*compare_files(root), *compare_opcodes(root)]
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main()
