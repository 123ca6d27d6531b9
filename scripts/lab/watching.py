# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab, live: guests, regions, memory in use, what QEMU reports.

Each QEMU has a QMP socket for this alone, since a socket has one client, and
events reach only who is connected.
"""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from .guest import Guest
from .labs import Lab
from .qmp import Qmp, QmpError, QmpTimeout
from .story import tell, visible

INTERVAL = 1.0
EVENTS = 12
TICKS = os.sysconf('SC_CLK_TCK')


def size_text(size: int) -> str:
    """In the largest unit that leaves no fraction, or with one digit."""
    for shift, unit in (30, 'GiB'), (20, 'MiB'), (10, 'KiB'):
        if size >= 1 << shift:
            value = size / (1 << shift)
            return f'{value:.0f} {unit}' if value == int(value) else \
                f'{value:.1f} {unit}'
    return f'{size} B'


def region_text(region: dict[str, Any]) -> str:
    """A region of a window."""
    text = f'{region["base"]:#x} {size_text(region["size"])} ' \
        f'{region["mapping"]}'
    targets = [target.get('id') or target['device'].rsplit('/', 1)[-1]
               for target in region['targets']]
    if targets:
        text += ': ' + ', '.join(targets)
    if region.get('reason'):
        text += f' ({region["reason"]})'
    return text


def regions_of(info: dict[str, Any]) -> list[str]:
    """What is in the windows of a machine, as query-cxl says."""
    return [f'window {window["index"]}: {region_text(region)}'
            for window in info['windows'] for region in window['regions']]


def event_text(event: dict[str, Any]) -> str:
    """An event with its time; its data are QEMU's, and partly the guest's."""
    stamp = event.get('timestamp', {}).get('seconds', time.time())
    data = ' '.join(f'{key}={value}' for key, value in
                    event.get('data', {}).items())
    return visible(time.strftime('%H:%M:%S ', time.localtime(stamp)) +
                   f'{event["event"]} {data}').rstrip()


class Watched:
    """A guest that is looked at again and again."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.qmp: Qmp | None = None
        self.busy = 0.0
        self.at = 0.0
        self.percent = 0
        self.regions: list[str] = []
        self.events: list[str] = []

    def look(self) -> None:
        """Regions, events, time of processors."""
        self.events = []
        try:
            qmp = self.connect()
            self.regions = regions_of(qmp.execute('query-cxl'))
            self.events = [event_text(event) for event in qmp.events]
            qmp.events.clear()
        except (OSError, QmpError, ValueError) as error:
            self.close()
            self.regions = ['QEMU is gone' if not self.guest.running() else
                            f'QEMU does not answer: {visible(str(error))}']
        self.count_time()

    def connect(self) -> Qmp:
        """The client that is kept for as long as this looks."""
        if self.qmp is None:
            try:
                self.qmp = self.guest.qmp(2, 'watch.sock')
            except (QmpTimeout, BlockingIOError):
                # In the queue of those who wait for the socket, or behind it
                raise QmpTimeout('something else watches it') from None
        return self.qmp

    def close(self) -> None:
        """Ends the connection."""
        if self.qmp:
            self.qmp.close()
        self.qmp = None

    def count_time(self) -> None:
        """How busy QEMU was since the last look, in percent of one
        processor."""
        process = self.guest.process()
        try:
            stat = Path(f'/proc/{process.pid if process else 0}/stat')
            fields = stat.read_text('utf-8', 'replace').rpartition(') ')[2]
            busy = sum(map(int, fields.split()[11:13])) / TICKS
        except OSError:
            busy = self.busy
        now = time.monotonic()
        if self.at:
            self.percent = round(100 * (busy - self.busy) / (now - self.at))
        self.busy, self.at = busy, now

    def resident(self) -> int:
        """Bytes of the host's memory that QEMU has."""
        process = self.guest.process()
        try:
            statm = Path(f'/proc/{process.pid if process else 0}/statm')
            return int(statm.read_text('utf-8').split()[1]) * \
                os.sysconf('SC_PAGE_SIZE')
        except OSError:
            return 0

    def line(self) -> str:
        """The guest in a line, without what changes all the time."""
        about = self.guest.about
        return f'guest {self.guest.n}: {self.guest.state()}, Linux ' \
            f'{" ".join(about[2:])} {about[1]}, ssh port {about[0]}'

    def load(self) -> str:
        """What changes all the time."""
        return f'{self.percent}% of a processor, ' \
            f'{size_text(self.resident())} resident'


def files_of(lab: Lab) -> list[str]:
    """The lab's memory in files: how large, and how much of it is there."""
    return [f'{file.name}: {size_text(file.stat().st_size)}, of which '
            f'{size_text(file.stat().st_blocks * 512)} are in use'
            for file in sorted(lab.directory.glob('*.mem'))]


class Watch:
    """All guests of a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.watched: dict[int, Watched] = {}
        self.events: list[str] = []
        # What has been printed of each thing
        self.printed: dict[str, str] = {}

    def look(self) -> bool:
        """Once at everything; whether a guest runs."""
        guests = {guest.n: guest for guest in self.lab.guests()
                  if guest.about}
        for n, guest in guests.items():
            self.watched.setdefault(n, Watched(guest)).look()
        self.events += [f'guest {n}: {event}'
                        for n, watched in sorted(self.watched.items())
                        for event in watched.events]
        return any(guest.running() for guest in guests.values())

    def screen(self) -> list[str]:
        """All of it."""
        lines = [f'lab {self.lab.options.name} at '
                 f'{time.strftime("%H:%M:%S")}; Ctrl-C ends', '']
        for _, watched in sorted(self.watched.items()):
            lines += [watched.line(), f'  {watched.load()}',
                      *(f'  {region}' for region in watched.regions), '']
        return lines + files_of(self.lab) + ['', 'events'] + [
            f'  {event}' for event in self.events[-EVENTS:]]

    def draw(self) -> None:
        """On the terminal, as much as fits: home, each line up to its end,
        the rest of the screen."""
        columns, rows = shutil.get_terminal_size()
        lines = [line[:columns - 1] for line in self.screen()[:rows - 1]]
        sys.stdout.write('\x1b[H' + ''.join(f'{line}\x1b[K\n'
                                            for line in lines) + '\x1b[J')
        sys.stdout.flush()

    def print_changes(self) -> None:
        """A line for all that is new."""
        for n, watched in sorted(self.watched.items()):
            self.change(f'guest {n}', watched.line())
            old = self.printed.get(f'regions {n}')
            new = '\n'.join(watched.regions)
            if new != old:
                self.printed[f'regions {n}'] = new
                for region in watched.regions:
                    tell(f'guest {n}: {region}')
        for text in files_of(self.lab):
            self.change(text.partition(':')[0], text)
        for event in self.events:
            tell(event)
        self.events = []

    def change(self, key: str, text: str) -> None:
        """Prints it unless it is what was printed last."""
        if self.printed.get(key) != text:
            self.printed[key] = text
            tell(text)


def watch(lab: Lab) -> None:
    """Until nothing runs, or the user has seen enough."""
    watcher = Watch(lab)
    terminal = sys.stdout.isatty()
    show = watcher.draw if terminal else watcher.print_changes
    try:
        if terminal:
            # Another screen, without a cursor
            sys.stdout.write('\x1b[?1049h\x1b[?25l')
        while watcher.look():
            show()
            time.sleep(INTERVAL)
        show()
    finally:
        if terminal:
            sys.stdout.write('\x1b[?25h\x1b[?1049l')
            sys.stdout.flush()
        for watched in watcher.watched.values():
            watched.close()
    tell('no guest runs any more')
