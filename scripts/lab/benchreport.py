# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/bench has found, as tables and pictures."""

import json
import subprocess
from typing import Any

from .paths import BUILD

OUT = BUILD / 'bench'
MEASUREMENTS = ('read', 'write', 'random', 'atomic', 'code', 'flush')
Row = dict[str, Any]


def cell(figures: Row, name: str) -> str:
    """A measurement: what was found, and its ratio to RAM."""
    if name not in figures:
        return '-'
    value = figures[name]['cxl']
    unit = 'MB/s' if name in ('read', 'write') else 'ns'
    rate = figures[name]['speed']
    return (f'{value["median"]:,.0f} {unit}; {rate["median"]:.2f} '
            f'({rate["min"]:.2f}-{rate["max"]:.2f})')


def list_table(header: list[str], rows: list[list[str]]) -> str:
    """A reStructuredText list-table."""
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for row in [header, *rows]:
        for i, text in enumerate(row):
            lines.append(f'   {" " if i else "*"} - {text}'.rstrip())
    return '\n'.join(lines) + '\n'


def speed_table(results: list[Row]) -> str:
    """All measurements of all regions."""
    rows = []
    for row in results:
        if 'error' in row:
            cells = ['failed'] + [''] * (len(MEASUREMENTS) - 1)
        else:
            cells = [cell(row['figures'], name) for name in MEASUREMENTS]
        rows.append([row['case'], row['qemu'], *cells])
    return list_table(['region', 'QEMU', *MEASUREMENTS], rows)


# Columns of the tables of rows: key, heading, format
COLUMNS = {
    'growth': [('devices', 'devices', '.0f'), ('up_s', 'up after s', '.1f'),
               ('resident_mib', 'resident MiB', '.0f'),
               ('query_ms', 'query-cxl ms', '.2f'), ('ways', 'ways', '.0f'),
               ('commit_ms', 'uncommit and commit ms', '.1f'),
               ('reset_ms', 'system reset ms', '.1f')],
    'windows': [('window_mib', 'window MiB', ',.0f'),
                ('up_s', 'up after s', '.1f'),
                ('resident_mib', 'resident MiB', '.0f'),
                ('file_mib', 'file MiB', '.1f'),
                ('query_ms', 'query-cxl ms', '.2f')],
    'route': [('devices', 'devices', '.0f'), ('bridges', 'bridges', '.0f'),
              ('spans', 'regions', '.0f'), ('compile_us', 'compile us', '.2f'),
              ('decode_ns', 'decode ns', '.1f')],
}


def row_table(name: str, rows: list[Row]) -> str:
    """One of COLUMNS."""
    columns = COLUMNS[name]
    cells = [[format(row[key], form) if key in row else '-'
              for key, _, form in columns] for row in rows]
    return list_table([heading for _, heading, _ in columns], cells)


PLOT_START = """
set terminal svg size 1100,{height} font "sans,11" background "white"
set output "{output}"
set grid ytics
"""

# A cluster of bars for each case; a column of the data for each QEMU
PLOT_SPEED = """
set multiplot layout 2,1
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8
set boxwidth 0.9
set logscale y
set yrange [0.001:3]
set xtics rotate by -25 font ",9"
set rmargin 20
set key outside right top
set ylabel "read, guest RAM = 1"
plot {reads}, 1 notitle lc rgb "black" dt 2
set ylabel "write, guest RAM = 1"
plot {writes}, 1 notitle lc rgb "black" dt 2
unset multiplot
"""

# Of this QEMU, of the newest packaged one, of the source without changes
COLOURS = ('#2166ac', '#b2182b', '#f4a582')

PLOT_GROWTH = """
set multiplot layout 1,3
set style data linespoints
set xlabel "type 3 devices"
set yrange [0:]
set key off
set title "seconds until the guest is up"
plot "{data}" using 1:2 lw 2 pt 7 lc rgb "#2166ac"
set title "resident memory of QEMU, MiB"
plot "{data}" using 1:3 lw 2 pt 7 lc rgb "#2166ac"
set title "query-cxl, ms"
plot "{data}" using 1:4 lw 2 pt 7 lc rgb "#2166ac"
unset multiplot
"""


LICENCE = '<!-- SPDX-License-Identifier: GPL-2.0-or-later -->'


def gnuplot(name: str, height: int, script: str, lines: list[str],
            **words: str) -> None:
    """A picture of lines of data."""
    data = OUT / f'{name}.dat'
    data.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    picture = OUT / f'{name}.svg'
    start = PLOT_START.format(height=height, output=picture)
    # The names of data become titles: not those of this host
    subprocess.run(['gnuplot'], cwd=OUT, text=True, check=True,
                   input=start + script.format(data=data.name, **words))
    # As all files of the project, of which the documents have copies
    text = picture.read_text(encoding='utf-8')
    picture.write_text(text.replace('<svg', f'{LICENCE}\n<svg', 1),
                       encoding='utf-8')


def bars(data: str, names: list[str], first: int) -> str:
    """Columns first, first + 2 ... of the data, for gnuplot's "plot"."""
    return ', '.join(
        f'"{data}" using {first + 2 * i}:xtic(1) title "{name}" '
        f'lc rgb "{colour}"'
        for i, (name, colour) in enumerate(zip(names, COLOURS)))


def plot_speed(speeds: list[Row]) -> None:
    """Read and write of each case, of one QEMU beside the other."""
    names = list(dict.fromkeys(row['qemu'] for row in speeds))
    figures = {(row['case'], row['qemu']): row.get('figures')
               for row in speeds}
    lines = []
    for case in dict.fromkeys(row['case'] for row in speeds):
        line = f'"{case}"'
        for name in names:
            found = figures.get((case, name))
            for what in ('read', 'write'):
                # gnuplot leaves out a bar that is no number
                line += (f' {found[what]["speed"]["median"]:.4f}'
                         if found and what in found else ' -')
        lines.append(line)
    gnuplot('speed', 760, PLOT_SPEED, lines,
            reads=bars('speed.dat', names, 2),
            writes=bars('speed.dat', names, 3))


def write_results(document: dict[str, list[Row]]) -> None:
    """Figures, tables and pictures in OUT."""
    (OUT / 'results.json').write_text(json.dumps(document, indent=1),
                                      encoding='utf-8')
    speeds = document.get('speed', [])
    tables = {name: row_table(name, document[name])
              for name in COLUMNS if name in document}
    tables['speed'] = speed_table(speeds)
    for name, text in tables.items():
        (OUT / f'{name}.rst').write_text(text, encoding='utf-8')
        print(text)
    plot_speed(speeds)
    if 'growth' in document:
        gnuplot('growth', 360, PLOT_GROWTH, [
            f'{row["devices"]} {row["up_s"]} {row["resident_mib"]} '
            f'{row["query_ms"]}'
            for row in document['growth'] if 'query_ms' in row])
