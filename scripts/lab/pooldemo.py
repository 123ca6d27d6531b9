# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo of a pool: one memory, three hosts, and one of them dies.

Each step ends with checks of what really is: what guests read, what is in the
file of the memory, and what cxl-pool says. A check that does not hold does not
end the demo, so that the table at its end says what held and what did not.
"""

import signal
import subprocess
import time
from pathlib import Path

from .demo import Demo
from .guest import Guest
from .hotplug import open_qmp
from .labs import Lab
from .options import mebibytes
from .pool import Pool, dropped_stores
from .story import Failure, tell, visible

# Where in the memory: a text, records, and what readers try to write
TEXT_AT, LOG_AT, STORE_AT = 0, 16 << 20, 32 << 20
# How long the first guest writes before it is killed, and how long to wait for
# what should come at once; seconds
WRITES, SOON = 2.0, 60.0
EVENT = 'CXL_POOL_STORE_DROPPED'


class Proof:
    """What was shown, in the order in which it was."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, bool]] = []

    def add(self, what: str, how: str, held: bool) -> None:
        """One check: what it shows, what was found, and whether it held."""
        self.rows.append((what, how, held))

    def table(self) -> list[str]:
        """A line for each."""
        width = max(len(what) for what, _, _ in self.rows)
        return [f'{"HELD":<5} {"WHAT WAS SHOWN":<{width}}  HOW'] + [
            f'{"yes" if held else "NO":<5} {what:<{width}}  {how}'.rstrip()
            for what, how, held in self.rows]

    @property
    def missing(self) -> int:
        """How many did not hold."""
        return sum(not held for _, _, held in self.rows)


class Writer:
    """A guest that writes records without an end."""

    def __init__(self, guest: Guest) -> None:
        # pylint: disable=consider-using-with # told() ends it
        self.process = subprocess.Popen(
            guest.script_command(f'./daxlog -o {LOG_AT} write'),
            cwd=guest.directory, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def begun(self) -> str:
        """The first count that it tells."""
        assert self.process.stdout
        return visible(self.process.stdout.readline()).strip()

    def told(self) -> int:
        """The last count that it told, after its guest has gone."""
        output = visible(self.process.communicate(timeout=60)[0])
        return max(map(int, output.split()), default=0)


class PoolDemo(Demo):
    """Three guests, a pool, a death."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.proof = Proof()
        self.steps = (
            ('three guests with one memory of ' + self.options.size +
             '; the third may only read', self.three),
            ('guest 1 writes, guests 2 and 3 read', self.writes),
            ('guest 3 may only read: a store of it', self.reader),
            ('guest 1 is killed while it writes', self.killed),
            ('guest 2 becomes the owner', self.owner),
            ('guest 1 comes back, as a reader', self.returns))

    @property
    def pool(self) -> Pool:
        """The lab's pool, which the first guest makes."""
        return Pool(self.lab)

    @property
    def memory(self) -> Path:
        """The file that all of them have."""
        return self.lab.directory / 'shared.mem'

    def in_file(self, offset: int, text: str) -> bool:
        """Whether that is what the file of the memory holds."""
        with self.memory.open('rb') as file:
            file.seek(offset)
            return file.read(len(text) + 1) == text.encode() + b'\0'

    def check(self, what: str, held: bool, how: str = '') -> None:
        """A row of the table."""
        self.story.say(f'{"held" if held else "NOT SO"}: {what}' +
                       (f' ({how})' if how else ''))
        self.proof.add(what, how, held)

    def run(self) -> None:
        """All steps, and what they have shown."""
        self.story.steps = 1 + len(self.steps)
        self.need_qemu()
        try:
            for title, step in self.steps:
                self.story.step(title)
                step()
        except Failure as failure:
            self.check(title, False, str(failure).partition(';')[0])
            self.end()
            raise
        self.end()
        if self.proof.missing:
            raise Failure(f'{self.proof.missing} of {len(self.proof.rows)} '
                          'did not hold.')
        tell(f'All of it held ({self.story.elapsed()}).')
        self.kept()

    def end(self) -> None:
        """The table."""
        tell()
        for line in self.proof.table():
            tell(line)
        tell()

    # steps

    def ready(self, n: int) -> None:
        """The memory is a DAX device in a guest."""
        self.booted(n)
        for script in './create_region.sh', './dax_mode.sh':
            self.need(n, script, f'guest {n} has no DAX device')

    def three(self) -> None:
        """Guests and what the pool knows of them."""
        self.start()
        for n in range(1, self.options.count + 1):
            self.ready(n)
        heads = [self.pool.head(number) for number in range(3)]
        self.check('three hosts have joined one pool',
                   all(head['state'] == 'joined' and head['alive']
                       for head in heads))
        tell(self.pool.tell('status').text)

    def text(self, n: int, text: str, offset: int = TEXT_AT) -> None:
        """A guest writes a text. That it could is what the guest believes."""
        self.need(n, f"./daxwriter -o {offset} '{text}'",
                  f'guest {n} could not write')

    def reads(self, n: int, text: str) -> bool:
        """Whether a guest finds it."""
        return self.show(n, f'./daxreader -o {TEXT_AT}') and \
            self.output.endswith(f'\n{text}')

    def writes(self) -> None:
        """One writes, all read."""
        self.text(1, 'Hello from guest 1')
        for n in 2, 3:
            self.check(f'guest {n} reads what guest 1 wrote',
                       self.reads(n, 'Hello from guest 1'))

    def dropped(self, n: int) -> None:
        """A store of a reader must not reach the memory."""
        with open_qmp(self.lab.guest(n)) as qmp:
            before = dropped_stores(qmp)
            self.text(n, 'from a reader', STORE_AT)
            event = qmp.event(lambda event: event['event'] == EVENT, SOON)
            count = dropped_stores(qmp) - before
        with self.memory.open('rb') as file:
            file.seek(STORE_AT)
            same = not any(file.read(4096))
        self.check(f'no store of guest {n} reaches the memory', same)
        self.check(f'QEMU of guest {n} counts it and tells',
                   count > 0 and event is not None,
                   f'{count} stores' if event else 'no event')

    def reader(self) -> None:
        """The third guest."""
        self.dropped(3)

    def killed(self) -> None:
        """The first dies in the middle of writing."""
        guest = self.lab.guest(1)
        process = guest.process()
        writer = Writer(guest)
        self.story.say(f'guest 1 has written {writer.begun()} records, and '
                       'goes on')
        time.sleep(WRITES)
        assert process
        self.story.say(f'kill -KILL {process.pid}')
        begin = time.monotonic()
        process.send(signal.SIGKILL)
        while self.pool.head(0)['alive'] and time.monotonic() < begin + SOON:
            time.sleep(0.001)
        took = time.monotonic() - begin
        self.check('the head of guest 1 is free at once',
                   not self.pool.head(0)['alive'], f'{1000 * took:.0f} ms')
        told = writer.told()
        found = self.show(2, f'./daxlog -o {LOG_AT} check')
        count = int(self.output.split()[0]) if found else 0
        self.check('nothing that it wrote is lost', found and count >= told > 0,
                   f'{told} told, {count} found')

    def owner(self) -> None:
        """Rights of all of the memory."""
        size = mebibytes(self.options.size) << 20
        outcome = self.pool.tell('set-access', '--range', f'0+{size}',
                                 '1=read-write', 'others=read-only')
        if outcome.text:
            tell(outcome.text)
        rows = self.pool.state()['rows']
        self.check('guest 2 is the only one that may write',
                   outcome.status == 0 and
                   [row['read-write'] for row in rows] == [[1]])
        text = 'Guest 2 owns it now'
        self.text(2, text)
        self.check('what guest 2 writes is in the memory',
                   self.in_file(TEXT_AT, text))

    def returns(self) -> None:
        """The first guest again."""
        self.lab.boot(1)
        self.ready(1)
        self.check('guest 1 reads what the owner wrote',
                   self.reads(1, 'Guest 2 owns it now'))
        self.dropped(1)
        tell(self.pool.tell('status').text)
