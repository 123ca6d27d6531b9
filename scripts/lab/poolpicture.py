# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture of a pool: its heads, what each may do, and who owns what."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Iterator

from .paths import BUILD
from .picture import (BAD_COLOR, DEVICE_COLORS, GOOD_COLOR, GREY, SLOW_COLOR,
                      WINDOW_COLOR, box, cell, size_text, strip, text)
from .qmp import devices
from .story import Failure, visible

# More ranges than that are not drawn one by one
RANGES = 32
RIGHTS = {'read-write': (GOOD_COLOR, 'penwidth=2'),
          'read-only': (SLOW_COLOR, 'penwidth=1')}
STATES = {'joined': GOOD_COLOR, 'gone': GREY, 'fenced': BAD_COLOR,
          'locked': GREY}


def status(file: str) -> dict[str, Any]:
    """What cxl-pool says of a state file."""
    program = BUILD / 'cxl-pool'
    if not os.access(program, os.X_OK):
        raise Failure(f'{program} is missing; run scripts/build first')
    done = subprocess.run([program, 'status', file, '--json'],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    if done.returncode:
        raise Failure(visible(done.stderr).strip().partition(': ')[2])
    return json.loads(done.stdout)


def allowed(pool: dict[str, Any], head: dict[str, Any], start: int) -> str:
    """What a head may do with the piece that begins there."""
    right = 'read-write'
    for row in pool['rows']:
        if row['start'] <= start < row['start'] + row['length']:
            right = next((word for word in ('read-write', 'read-only')
                          if head['head'] in row[word]), 'none')
    most = {'none': 'none', 'read-only': 'read-only'}.get(head['access'],
                                                          'read-write')
    return min(right, most, key=['none', 'read-only', 'read-write'].index)


def ranges_of(pool: dict[str, Any], head: dict[str, Any], capacity: int) \
        -> list[dict[str, Any]]:
    """What a head may do with all of the memory."""
    return [{'start': start, 'length': end - start,
             'right': allowed(pool, head, start)}
            for start, end in pieces([{'ranges': pool['rows']}], capacity)]


def convert(info: dict[str, Any]) -> dict[str, Any]:
    """What cxl-pool would say, as far as a picture needs it."""
    found = {device['pool']['uuid']: device
             for bridge in info['host-bridges']
             for device in devices(bridge['ports']) if 'pool' in device}
    if len(found) != 1:
        raise Failure(f'this machine has devices of {len(found)} pools, not '
                      'of one; give the state file of a pool, or what '
                      '"cxl-pool status --json" prints')
    device = next(iter(found.values()))
    pool = device['pool']
    parts = [{'kind': kind, 'size': device[f'{kind}-size']}
             for kind in ('volatile', 'persistent') if device[f'{kind}-size']]
    capacity = sum(part['size'] for part in parts)
    for head in pool['heads']:
        head['ranges'] = ranges_of(pool, head, capacity)
        if 'process' in head:
            head['pid'] = head.pop('process')
    return {'uuid': pool['uuid'], 'generation': pool['generation'],
            'serial': device['serial'], 'capacity': capacity,
            'partitions': parts, 'heads': pool['heads'], 'rows': pool['rows']}


def of_machine(info: dict[str, Any]) -> dict[str, Any]:
    """The pool of a machine, by its answer to query-cxl."""
    try:
        return convert(info)
    except (KeyError, TypeError, AttributeError) as error:
        raise Failure('this is not the answer to query-cxl of this version '
                      f'of QEMU ({type(error).__name__}: {error})') from None


def load(file: str) -> dict[str, Any]:
    """The JSON of a pool, or of a machine that has one."""
    saved = json.loads(Path(file).read_text('utf-8'))
    saved = saved.get('return', saved)
    return of_machine(saved) if 'host-bridges' in saved else saved


def read(file: str) -> dict[str, Any]:
    """A pool by its state file, or by JSON that was saved."""
    try:
        with Path(file).open('rb') as stream:
            saved = stream.read(1) == b'{'
        return load(file) if saved else status(file)
    except OSError as error:
        raise Failure(f'{file}: {error.strerror}; give the state file of a '
                      'pool') from None
    except ValueError:
        raise Failure(f'{file} is not JSON; give what "cxl-pool status '
                      '--json" prints') from None


def pieces(heads: list[dict[str, Any]], capacity: int) \
        -> list[tuple[int, int]]:
    """The memory cut wherever a right of any head changes: start, end."""
    cuts = {0, capacity}
    for head in heads:
        for part in head['ranges']:
            cuts |= {part['start'], part['start'] + part['length']}
    ends = sorted(cuts)
    return list(zip(ends, ends[1:]))


def right_at(head: dict[str, Any], start: int) -> str:
    """What a head may do with the piece that begins there."""
    for part in head['ranges']:
        if part['start'] <= start < part['start'] + part['length']:
            return part['right']
    return 'none'


def name_of(head: dict[str, Any]) -> str:
    """For people; names come from whoever joined."""
    return head.get('name') or f'head {head["head"]}'


class PoolPicture:
    """What cxl-pool says as a Graphviz graph."""

    def __init__(self, pool: dict[str, Any]) -> None:
        self.pool = pool
        self.heads = pool['heads']
        self.all = pieces(self.heads, pool['capacity'])
        self.pieces = self.all[:RANGES]
        self.lines: list[str] = []

    def color(self, head: dict[str, Any]) -> str:
        """Of a head, wherever it appears."""
        return DEVICE_COLORS[head['head'] % len(DEVICE_COLORS)]

    def head(self, head: dict[str, Any]) -> None:
        """A host."""
        state = head['state']
        if head['owes']:
            state += ', has not let go yet'
        who = f'process {head["pid"]}' if 'pid' in head else ''
        rows = [cell(text(f'head {head["head"]}', bold=True, size=13) +
                     text(f'  {name_of(head)}'), BGCOLOR=self.color(head)),
                cell(text(state, STATES.get(head['state'], BAD_COLOR),
                          bold=True) +
                     text(f', {head["access"]}', size=10))]
        if who:
            rows.append(cell(text(who, size=10)))
        self.lines.append(f'    head{head["head"]} [label=<{box(rows)}>]')
        for i, (start, _) in enumerate(self.pieces):
            right = right_at(head, start)
            if right in RIGHTS and head['state'] == 'joined':
                color, width = RIGHTS[right]
                self.lines.append(f'    head{head["head"]}:s -> memory:r{i}:n '
                                  f'[{width}, color="{color}"]')

    def piece(self, number: int, start: int, end: int) -> str:
        """A part of the memory, in the colour of its only writer."""
        writers = [head for head in self.heads if head['state'] == 'joined' and
                   right_at(head, start) == 'read-write']
        owner = writers[0] if len(writers) == 1 else None
        words = text(f'{start:#x} + {size_text(end - start)}', size=10)
        if owner:
            words += '<BR/>' + text(f'owner: {name_of(owner)}', bold=True,
                                    size=10)
        elif writers:
            words += '<BR/>' + text(f'{len(writers)} may write', size=10)
        else:
            words += '<BR/>' + text('nobody may write', GREY, size=10)
        return cell(words, PORT=f'r{number}',
                    BGCOLOR=self.color(owner) if owner else WINDOW_COLOR)

    def memory(self) -> None:
        """All of it, with its parts side by side."""
        pool = self.pool
        rows = [strip([self.piece(i, *piece)
                       for i, piece in enumerate(self.pieces)])]
        if len(self.all) > len(self.pieces):
            rows.append(cell(text(f'and {len(self.all) - len(self.pieces)} '
                                  'more ranges', GREY)))
        kinds = ', '.join(f'{size_text(part["size"])} {part["kind"]}'
                          for part in pool['partitions'])
        rows.append(cell(text(f'pool {pool["uuid"]}', bold=True) + '<BR/>' +
                         text(f'{kinds}; serial {pool["serial"]:#x}; '
                              f'generation {pool["generation"]}', size=10),
                         BGCOLOR=WINDOW_COLOR))
        self.lines.append(f'    memory [label=<{box(rows)}>]')

    def legend(self) -> Iterator[str]:
        """What the colours of the lines mean."""
        words = '  '.join(text(right, color, bold=True)
                          for right, (color, _) in RIGHTS.items())
        yield f'    graph [labelloc=b, label=<{words}>]'

    def side_by_side(self) -> None:
        """The heads, in their order."""
        names = ' -> '.join(f'head{head["head"]}' for head in self.heads)
        if names:
            self.lines.append(f'    {{ rank=same; {names} [style=invis] }}')

    def dot(self) -> str:
        """The whole graph."""
        for head in self.heads:
            self.head(head)
        self.side_by_side()
        self.memory()
        return '\n'.join([
            'digraph pool {',
            '    graph [rankdir=TB, ordering=out, splines=line, nodesep=0.3,'
            ' ranksep=0.7, pad=0.2, fontname="Helvetica"]',
            *self.legend(),
            '    node [shape=plain, fontname="Helvetica", fontsize=11]',
            '    edge [arrowhead=none]',
            *self.lines,
            '}', ''])


def draw(pool: dict[str, Any]) -> str:
    """The picture's source."""
    try:
        return PoolPicture(pool).dot()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failure('this is not what "cxl-pool status --json" of this '
                      f'version says ({type(error).__name__}: {error})') \
            from None
