# SPDX-License-Identifier: GPL-2.0-or-later
"""What pictures are made of: tables of Graphviz, their text and colours."""

import subprocess
from html import escape

from .story import Failure

# Device colours: light enough for black text, and told apart in neighbours
DEVICE_COLORS = ('#a6cee3', '#fdbf6f', '#b2df8a', '#cab2d6', '#fb9a99',
                 '#ffe680', '#9fded3', '#e8c39e', '#c7c7ea', '#f7b6d2',
                 '#d5e8a0', '#8fbbe8')
WINDOW_COLOR = '#e8edf3'
BRIDGE_COLOR = '#dcdcdc'
GOOD_COLOR = '#2e7d32'
SLOW_COLOR = '#b26a00'
BAD_COLOR = '#b71c1c'
GREY = '#8a8a8a'
# More cells than that continue below
CELLS_PER_ROW = 8


def size_text(size: int) -> str:
    """In the largest unit that takes no more than two digits of a fraction."""
    for shift, unit in ((40, 'TiB'), (30, 'GiB'), (20, 'MiB'), (10, 'KiB')):
        if size >> shift and not size % (1 << max(shift - 10, 0)):
            value = size / (1 << shift)
            if value * 4 == int(value * 4):
                return f'{value:g} {unit}'
    return f'{size} B'


def text(string: str, color: str | None = None, bold: bool = False,
         size: int = 11) -> str:
    """Text as it is, whatever it holds."""
    out = escape(string)
    if not out:
        return ''
    if bold:
        out = f'<B>{out}</B>'
    colored = f' COLOR="{color}"' if color else ''
    return f'<FONT POINT-SIZE="{size}"{colored}>{out}</FONT>'


def cell(content: str, **attributes: str | int | None) -> str:
    """A table cell; an attribute PORT is where edges may end."""
    words = ''.join(f' {k}="{v}"' for k, v in attributes.items()
                    if v is not None)
    return f'<TD{words}>{content}</TD>'


def table(rows: list[str], **attributes: str | int) -> str:
    """Rows, which are cells."""
    words = ''.join(f' {k}="{v}"' for k, v in attributes.items())
    return f'<TABLE{words}>' + \
        ''.join(f'<TR>{row}</TR>' for row in rows) + '</TABLE>'


def box(rows: list[str], border: str = '#404040') -> str:
    """A component: one cell per row."""
    return table(rows, BORDER=1, CELLBORDER=0, CELLSPACING=0, CELLPADDING=4,
                 COLOR=border, BGCOLOR='white')


def strip(cells: list[str]) -> str:
    """Cells side by side, in a row of a component."""
    count = -(-len(cells) // CELLS_PER_ROW)
    length = -(-len(cells) // count)
    rows = [''.join(cells[i:i + length])
            for i in range(0, len(cells), length)]
    return cell(table(rows, BORDER=0, CELLBORDER=1, CELLSPACING=2,
                      CELLPADDING=3, COLOR='#707070'), CELLPADDING=1)


def render(source: str, kind: str, output: str) -> None:
    """Makes the picture."""
    try:
        run = subprocess.run(['dot', f'-T{kind}', '-o', output], input=source,
                             text=True, capture_output=True, check=False)
    except FileNotFoundError:
        raise Failure('dot is missing; install the package graphviz, or write'
                      ' the source of the picture with -o FILE.dot') from None
    if run.returncode:
        raise Failure(f'dot failed: {run.stderr.strip()}')
