# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo of poison: a program reads a line that goes bad."""

import re
import time
from typing import Any

from . import host
from .demo import Demo
from .hotplug import open_qmp
from .inject import only_device
from .options import pick
from .story import Failure, indented, tell, visible

# Where in /dev/dax0.0 the line is, and what is there
OFFSET = 64 << 10
TEXT = 'A line of 64 bytes in CXL memory.'
# A shell's word for a program that SIGBUS has ended
KILLED = 128 + 7
SECONDS = 60

# The program runs by itself, and leaves its exit status behind.
START = f'''rm -f poll.*
(./daxpoll -o {OFFSET} >poll.out 2>&1; echo $? >poll.status) \\
    >/dev/null 2>&1 </dev/null &
for i in $(seq 600); do [ ! -s poll.out ] || break; sleep 0.1; done
cat poll.out'''
# Where the guest has it, to work out where the device has
PLACE = 'cat /sys/bus/dax/devices/dax0.0/resource'


def dpa_of(windows: list[dict[str, Any]], hpa: int) -> int:
    """The device physical address of a guest physical one, in a region of
    one device."""
    for window in windows:
        for region in window['regions']:
            at = hpa - region['base']
            if 0 <= at < region['size'] and len(region['targets']) == 1:
                return region['targets'][0]['dpa'] + at
    raise Failure(f'no region of one device has the address {hpa:#x}; '
                  '"scripts/cxl-lab monitor 1 info cxl" shows what there is.')


class PoisonDemo(Demo):
    """The demo, in a lab of one guest."""

    path = ''
    dpa = 0

    def run(self) -> None:
        """All of it; each step has to hold."""
        self.need_qemu()
        self.story.step('one guest with one CXL memory device of '
                        f'{self.options.size}')
        self.start()
        self.story.step('waiting until it has booted')
        self.booted(1)
        self.story.step('a CXL region, a DAX device, a line of text in it')
        self.prepare()
        self.story.step('a program that reads the line, again and again')
        self.begin()
        self.story.step('QMP poisons the line')
        self.poison()
        self.story.step('the guest lives, and the device lists the line')
        self.list(True)
        self.story.step('QMP clears the line')
        self.clear()
        self.story.step('the program again')
        self.begin()
        tell()
        tell('The line killed the program that read it, and nobody else '
             f'({self.story.elapsed()}).')
        self.kept()

    def prepare(self) -> None:
        """A line to be read, and where the device has it."""
        self.need(1, './create_region.sh', 'guest 1 made no CXL region')
        self.need(1, './dax_mode.sh', 'guest 1 made no DAX device')
        self.need(1, f'./daxwriter -o {OFFSET} "{TEXT}"',
                  'the line was not written')
        done = self.lab.guest(1).ssh(PLACE)
        found = re.fullmatch(b'0x[0-9a-f]+\n', done.stdout)
        if done.returncode or not found:
            raise self.failed('the guest does not say where its memory is', 1)
        with open_qmp(self.lab.guest(1)) as qmp:
            self.path = only_device(qmp)
            self.dpa = dpa_of(qmp.execute('query-cxl')['windows'],
                              int(found[0], 16) + OFFSET)
        self.story.say(f'the device has the line at DPA {self.dpa:#x}')

    def begin(self) -> None:
        """The program shows the line, and goes on reading."""
        tell(f'guest1# ./daxpoll -o {OFFSET} &')
        text = visible(self.lab.guest(1).ssh(START).stdout).rstrip('\n')
        tell(indented('guest1| ', text))
        if TEXT not in text:
            raise self.failed('the program does not read the line', 1)

    def ended(self) -> str:
        """The exit status of the program, waited for; nothing if it goes
        on."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            done = self.lab.guest(1).ssh('cat poll.status')
            if not done.returncode:
                return done.stdout.decode('ascii', 'replace').strip()
            time.sleep(0.5)
        return ''

    def poison(self) -> None:
        """The next read has to kill the program."""
        tell(f'qmp> cxl-inject-poison start={self.dpa:#x} length=64')
        with open_qmp(self.lab.guest(1)) as qmp:
            qmp.execute('cxl-inject-poison', path=self.path, start=self.dpa,
                        length=64)
            event = qmp.event(
                lambda e: bool(e['event'] == 'CXL_POISON_CONSUMED'), SECONDS)
        if not event:
            raise self.failed('nobody has read the line', 1)
        self.story.say(f'QEMU says: {event["event"]}, DPA '
                       f'{event["data"]["dpa"]:#x}')
        status = self.ended()
        if status != str(KILLED):
            raise self.failed('the program was not killed by SIGBUS (exit '
                              f'status "{status}")', 1)
        self.story.say(f'the program has ended with status {status}: SIGBUS')

    def list(self, poisoned: bool) -> None:
        """What the guest's kernel has seen, if it says so, and what its tool
        says of the device."""
        if poisoned and host.architecture(pick(self.options.arch,
                                               1)) == 'x86_64':
            self.need(1, 'dmesg | grep "Memory failure"',
                      'the kernel has seen no error')
        self.need(1, 'cxl list -m mem0 --media-errors',
                  'the guest does not list media errors')
        there = '"source":"Injected"' in self.output.replace(' ', '')
        if there != poisoned:
            raise self.failed('the device lists ' +
                              ('no poison' if poisoned else 'poison'), 1)

    def clear(self) -> None:
        """The line is good again, for the device and the guest."""
        tell(f'qmp> cxl-clear-poison start={self.dpa:#x} length=64')
        with open_qmp(self.lab.guest(1)) as qmp:
            qmp.execute('cxl-clear-poison', path=self.path, start=self.dpa,
                        length=64)
        self.list(False)
