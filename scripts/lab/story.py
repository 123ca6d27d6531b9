# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user is told: steps with the time, details, and how it ended.

Also the text of guests. It is shown on the user's terminal, and a guest may
be hostile: what would move a cursor, change colours or write into a
terminal's input is shown as \\xNN.
"""

import time


class Failure(Exception):
    """Ends the program; its text is one sentence that says what to do, and
    the evidence is shown before."""

    def __init__(self, sentence: str, evidence: str = '') -> None:
        super().__init__(sentence)
        self.evidence = evidence


class Said(Failure):
    """Ends the program; another program has said why."""


class Story:
    """The steps of one run of a program."""

    def __init__(self, steps: int = 0) -> None:
        self.steps = steps
        self.at = 0
        self.begin = time.monotonic()

    def elapsed(self) -> str:
        """Minutes and seconds since the beginning, as m:ss."""
        seconds = int(time.monotonic() - self.begin)
        return f'{seconds // 60}:{seconds % 60:02}'

    def step(self, text: str) -> None:
        """Announces the next step."""
        self.at += 1
        tell(f'[{self.at}/{self.steps}] {text} ({self.elapsed()})')

    @staticmethod
    def say(text: str) -> None:
        """A detail below the current step."""
        tell(f'      {text}')


def tell(text: str = '') -> None:
    """A line at once, also where standard output is a file."""
    print(text, flush=True)


def visible(data: bytes | str) -> str:
    """Text of a guest for a terminal: lines and tabs stay, everything else
    that is not printed as a character is escaped, bytes that are not UTF-8
    too. A carriage return at the end of a line is left out."""
    if isinstance(data, bytes):
        data = data.decode('utf-8', 'surrogateescape')
    data = data.replace('\r\n', '\n')
    if data.endswith('\r'):
        data = data[:-1]
    return ''.join(c if c.isprintable() or c in '\n\t' else escaped(c)
                   for c in data)


def escaped(character: str) -> str:
    """How a character that must not reach a terminal is written."""
    code = ord(character)
    if 0xdc80 <= code <= 0xdcff:
        # A byte that surrogateescape has kept
        code -= 0xdc00
    return f'\\x{code:02x}' if code < 0x100 else f'\\u{code:04x}'


def indented(prefix: str, data: bytes | str) -> str:
    """Every line of a guest's text with a prefix; no final newline."""
    return '\n'.join(prefix + line
                     for line in visible(data).rstrip('\n').split('\n'))
