#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Deletes named pieces of C, QAPI and Kconfig files: no patch repeats them.

usage: strip-definitions.py LIST TREE

LIST holds one "FILE KIND TEXT" per line ("#" in the first column starts a
comment):

  define NAME  the top-level definition or declaration of NAME: a function,
               an object, a type, a QAPI schema entry or a Kconfig symbol;
               with the comment right above it
  if TEXT      every if statement whose condition contains TEXT, with its
               block; an "else if" after it becomes an "if"
  call TEXT    every statement that is a function call and starts with TEXT
  line TEXT    every line that contains TEXT

Each entry must delete something: an entry that does not means that the tree
is not the one that the list was made for.
"""

import re
import sys
from pathlib import Path


class StripError(Exception):
    """What the list asks for is not in the tree."""


def blank_literals(text):
    """The same text, with comments and literals turned into spaces."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*'
                         r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def closing(code, start):
    """The position after the bracket that closes the one at start."""
    pairs = {'(': ')', '{': '}', '[': ']'}
    stack = []
    for pos in range(start, len(code)):
        char = code[pos]
        if char in pairs:
            stack.append(pairs[char])
        elif stack and char == stack[-1]:
            stack.pop()
            if not stack:
                return pos + 1
    raise StripError('unbalanced brackets')


def line_start(text, pos):
    return text.rfind('\n', 0, pos) + 1


def line_end(text, pos):
    end = text.find('\n', pos)
    return len(text) if end < 0 else end + 1


def cut(text, start, end):
    """Deletes [start, end); what remains keeps one blank line between."""
    before, after = text[:start], text[end:]
    if before.endswith('\n\n') and after.startswith('\n'):
        after = after[1:]
    return before + after


def with_comment(text, start):
    """Moves start up over a comment that ends on the line above."""
    above = text[:start]
    if above.endswith('*/\n'):
        return line_start(text, above.rfind('/*'))
    return start


def c_statements(code):
    """Yields (start, end) of the top-level declarations of a C file."""
    start = None
    pos = 0
    while pos < len(code):
        char = code[pos]
        if char == '#' and code[line_start(code, pos):pos].strip() == '':
            # A directive, with its continuation lines
            end = line_end(code, pos)
            while code[:end].endswith('\\\n'):
                end = line_end(code, end)
            pos = end
            continue
        if start is None:
            if char.isspace() or char == ';':
                pos += 1
                continue
            start = pos
        if char in '({[':
            pos = closing(code, pos)
            # A function's body ends it; an initializer or a type goes on
            rest = code[pos:].lstrip(' \t')
            # and so does the bracket of a macro that takes no semicolon
            if ((char == '{' and rest.startswith('\n')) or
                    (char == '(' and re.match(r'\n(\n|#|\w)', rest))):
                yield start, pos
                start = None
            continue
        pos += 1
        if char == ';':
            yield start, pos
            start = None


def defines(statement, name):
    """Whether a top-level declaration is the one of name."""
    head = statement.split('{')[0].split('=')[0]
    word = r'\b' + re.escape(name) + r'\b'
    if re.search(word + r'\s*\(', head) and '(' in head:
        return re.search(word, head.split('(')[0]) is not None
    if re.search(word + r'\s*(\[[^]]*\]\s*)*;?\s*$', head):
        return True
    # typedef struct { ... } Name;
    return re.search(r'\}\s*' + word + r'\s*;$', statement) is not None


def strip_define(text, name):
    code = blank_literals(text)
    spans = [(start, end) for start, end in c_statements(code)
             if defines(code[start:end], name)]
    for start, end in reversed(spans):
        start = with_comment(text, line_start(text, start))
        text = cut(text, start, line_end(text, end))
    return text


def strip_schema(text, name):
    """A QAPI entry: its ## comment and its expression."""
    doc = re.compile(r"##\n# @%s:\n(?:#[^\n]*\n)*?##\n(?=\{)"
                     % re.escape(name))
    match = doc.search(text)
    if match is None:
        return text
    code = re.sub(r"#[^\n]*|'[^'\n]*'", lambda m: ' ' * len(m.group()), text)
    end = line_end(text, closing(code, match.end()))
    return cut(text, match.start(), end)


def strip_symbol(text, name):
    """A Kconfig symbol: its line and the indented ones below."""
    return re.sub(r'^config %s\n(?:[ \t]+[^\n]*\n)*\n?' % re.escape(name), '',
                  text, flags=re.M)


def strip_if(text, wanted):
    pos = 0
    while True:
        code = blank_literals(text)
        match = re.compile(r'^[ \t]+if \(', re.M).search(code, pos)
        if match is None:
            return text
        condition = closing(code, match.end() - 1)
        pos = match.end()
        if wanted not in code[match.end():condition]:
            continue
        brace = re.compile(r'\s*\{').match(code, condition)
        if brace is None:
            raise StripError('an if statement without braces')
        end = closing(code, brace.end() - 1)
        pos = line_start(text, match.start())
        other = re.compile(r'\s*else\b\s*').match(code, end)
        if other is None:
            text = cut(text, pos, line_end(text, end))
        elif code[other.end():].startswith('if ('):
            indent = text[pos:code.index('if (', pos)]
            text = text[:pos] + indent + text[other.end():]
        else:
            raise StripError('an if statement with a plain else')


def strip_call(text, wanted):
    while True:
        code = blank_literals(text)
        match = re.search(r'^[ \t]+' + re.escape(wanted) + r'\b', code, re.M)
        if match is None:
            return text
        end = closing(code, code.index('(', match.start()))
        if not code[end:].startswith(';'):
            raise StripError('a call that is not a statement')
        start = line_start(text, match.start())
        text = text[:start] + text[line_end(text, end):]


def strip_line(text, wanted):
    return ''.join(line for line in text.splitlines(keepends=True)
                   if wanted not in line)


KINDS = {'define': strip_define, 'if': strip_if, 'call': strip_call,
         'line': strip_line}


def apply(tree, entry):
    fields = entry.split(None, 2)
    if len(fields) != 3 or fields[1] not in KINDS:
        raise StripError('not "FILE KIND TEXT"')
    path = tree / fields[0]
    if not path.is_file():
        raise StripError('no such file in the tree')
    strip = KINDS[fields[1]]
    if strip == strip_define and path.suffix == '.json':
        strip = strip_schema
    elif strip == strip_define and path.name == 'Kconfig':
        strip = strip_symbol
    old = path.read_text(encoding='utf-8')
    new = strip(old, fields[2])
    if new == old:
        raise StripError('nothing to delete')
    path.write_text(new, encoding='utf-8')


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    entries = Path(sys.argv[1]).read_text(encoding='utf-8').splitlines()
    for entry in entries:
        if not entry or entry.startswith('#'):
            continue
        try:
            apply(Path(sys.argv[2]), entry)
        except StripError as error:
            sys.exit(f'{sys.argv[1]}: {entry}: {error}')


if __name__ == '__main__':
    main()
