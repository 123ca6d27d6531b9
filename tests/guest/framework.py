# SPDX-License-Identifier: GPL-2.0-or-later
"""What guest tests are made of.

A scenario is a file scenario_NAME.py of this directory. The first line of its
docstring says what it is, and its function run(s) boots guests and calls
tests:

    @test('guest {n} makes a region', needed=True)
    def region_is_made(s, n):
        expect(s.guest(n, './create_region.sh'), 'created 1 region')

    def run(s):
        s.up(2)
        region_is_made(s, 1)

A test passes when its function returns. What it does with guests is kept, and
shown when it fails, with the end of the consoles. A test that is needed ends
the scenario when it fails.

A function of a test has the same arguments as the test, which fill in the
sentence. "region_is_made.body" is the function by itself, for other tests;
region_is_made.named('another sentence') is the same test under that.
"""

import inspect
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'scripts'))

# pylint: disable=wrong-import-position
from lab import tap  # noqa: E402
from lab.guest import Guest, content  # noqa: E402
from lab.labs import remove  # noqa: E402
from lab.paths import LABS  # noqa: E402
from lab.story import Failure, visible  # noqa: E402

# Each processor takes a guest without KVM a second more to boot, and so does
# RAM of the lab's usual size.
SMALL = ('--smp', '2', '--memory', '1G')
# For a scenario where nothing happens at the same time
ALONE = ('--smp', '1')
# A host may be slow, and have other work.
GUEST_SECONDS = 600
BOOT_SECONDS = 600
LOG_LINES = 40
CONSOLE_LINES = 30

# What a script in a guest may call to find the memdev with a serial number:
# Linux numbers them in the order in which it finds them.
MEM = '''mem() {
    grep -l -x -i "$(printf "0x%x" $1)" /sys/bus/cxl/devices/mem*/serial |
        cut -d / -f 6
}
'''

# A disk of 16 MiB for each guest, which s.disks() makes
DISK = ['-drive', 'file=%d/disk%n,format=raw,if=none,id=disk',
        '-device', 'virtio-blk-pci,drive=disk,bus=pcie.0']
# What most things are tried on: Debian's, and the newest that it has
KERNELS = ['6.12', 'newest']


class Failed(Exception):
    """What is wrong."""


class Stop(Exception):
    """The rest of a scenario makes no sense."""


# --- assertions ---

def expect(text: str, wanted: str) -> str:
    """A line matches, or part of one; returns the text."""
    if not re.search(wanted, text, re.MULTILINE):
        raise Failed(f'{text}\nthere is no line that matches "{wanted}".')
    return text


def refuse(text: str, unwanted: str) -> None:
    """No line matches."""
    found = [line for line in text.splitlines() if re.search(unwanted, line)]
    if found:
        raise Failed('\n'.join([*found,
                                f'no line should match "{unwanted}".']))


def same(have: Any, want: Any, what: str = 'it') -> None:
    """Two values are equal."""
    if have != want:
        raise Failed(f'{what} is {have!r:.2000} and should be {want!r:.2000}')


def holds(condition: object, sentence: str) -> None:
    """Something is as it should be; the sentence says what, if not."""
    if not condition:
        raise Failed(sentence)


def until(condition: Callable[[], object], seconds: float,
          sentence: str) -> None:
    """Something comes to be so in that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        holds(time.monotonic() < deadline, sentence)
        time.sleep(0.2)


# --- tests ---

class Test:
    """A function as a test."""

    def __init__(self, body: Callable[..., Any], sentence: str,
                 needed: bool) -> None:
        self.body = body
        self.sentence = sentence
        self.needed = needed
        self.__doc__ = body.__doc__

    def named(self, sentence: str) -> 'Test':
        """The same under another sentence."""
        return Test(self.body, sentence, self.needed)

    def must(self) -> 'Test':
        """The same, where the rest of the scenario needs it."""
        return Test(self.body, self.sentence, True)

    def __call__(self, scenario: 'Scenario', *words: Any,
                 **named: Any) -> bool:
        given = inspect.signature(self.body).bind(scenario, *words, **named)
        given.apply_defaults()
        sentence = self.sentence.format(**given.arguments)
        return scenario.check(sentence, self.body, *words,
                              needed=self.needed, **named)


def test(sentence: str, needed: bool = False) -> Callable[..., Test]:
    """Makes a test of a function."""
    return lambda body: Test(body, sentence, needed)


class Scenario:
    """One scenario while it runs: its lab, its guests, its results."""
    # pylint: disable=too-many-instance-attributes

    def __init__(self, name: str, options: list[str], writer: tap.Writer,
                 keep: bool = False) -> None:
        self.name = name
        self.options = options
        self.writer = writer
        self.keep = keep
        self.lab = self.lab_name()
        self.guests = 0
        self.booted = False
        self.failed = False
        self.log: list[str] = []

    @property
    def directory(self) -> Path:
        """The lab's files."""
        return LABS / self.lab

    def lab_name(self, part: str = '') -> str:
        """A lab that no other run has; names are short."""
        return f'check-{part or self.name}'[:24] + f'-{os.getpid()}'

    def option(self, name: str, otherwise: str) -> str:
        """What this run was told of a kernel and the like."""
        if name not in self.options:
            return otherwise
        return self.options[self.options.index(name) + 1]

    # results

    def note(self, *lines: str) -> None:
        """Something that is shown if the test fails."""
        self.log += '\n'.join(lines).splitlines()

    def check(self, sentence: str, body: Callable[..., Any], *words: Any,
              needed: bool = False, **named: Any) -> bool:
        """One test."""
        self.log = []
        try:
            body(self, *words, **named)
        except (Failed, Failure, OSError, subprocess.SubprocessError,
                ValueError, LookupError, TypeError) as error:
            self.note(self.why(error))
            self.report(sentence)
            if self.keep or needed:
                raise Stop from None
            return False
        self.writer.result(True, f'{self.name}: {sentence}')
        return True

    @staticmethod
    def why(error: Exception) -> str:
        """What a test ended with."""
        if isinstance(error, Failed):
            return str(error)
        if isinstance(error, Failure):
            return f'{error.evidence}\n{error}'.strip()
        return f'{type(error).__name__}: {error}'

    def report(self, sentence: str) -> None:
        """A test that failed."""
        self.failed = True
        lines = [f'  {line}' for line in self.log[-LOG_LINES:]]
        for n in range(1, self.guests + 1):
            guest = self.of(n)
            for log in guest.qemu_log, guest.console:
                data = visible(content(log)).rstrip('\n')
                if data:
                    lines.append(f'the end of {log}:')
                    lines += [f'  {line}' for line in
                              data.split('\n')[-CONSOLE_LINES:]]
        self.writer.result(False, f'{self.name}: {sentence}', lines)

    def skip(self, why: str) -> None:
        """A test that this kernel or host cannot run."""
        self.writer.skip(f'{self.name}: {why}', why)

    # the lab

    def cxl_lab(self, *words: str) -> str:
        """scripts/cxl-lab; returns what it prints, fails with it."""
        done = subprocess.run([ROOT / 'scripts/cxl-lab', *words],
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        text = visible(done.stdout)
        self.note(f'cxl-lab {" ".join(words)}', text)
        holds(done.returncode == 0,
              f'cxl-lab {words[0]} ended with status {done.returncode}.')
        return text

    def images(self, *words: str) -> bool:
        """Whether what guests boot from can be had."""
        try:
            self.cxl_lab('image', *words)
        except Failed:
            return False
        return True

    def disks(self, count: int) -> list[str]:
        """A disk for each guest, and what attaches it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for n in range(1, count + 1):
            with (self.directory / f'disk{n}').open('ab') as disk:
                disk.truncate(16 << 20)
        return DISK

    def another_lab(self, part: str) -> None:
        """What is booted next is in a lab of its own."""
        self.lab = self.lab_name(part)

    def on_kernels(self, part: str) -> Iterator[str]:
        """Each kernel that can be had, with a lab of its own."""
        for kernel in KERNELS:
            if self.images('--kernel', kernel):
                self.another_lab(f'{part}-{kernel.replace(".", "")}')
                yield kernel
            else:
                self.skip(f'Linux {kernel}: the kernel cannot be fetched')

    def up(self, guests: int, *options: str) -> None:
        """Boots the lab; a test that everything needs."""
        self.guests = guests
        self.check('boots', lambda s: s.cxl_lab(
            'up', '--name', s.lab, '--port-base', 'auto', '--fresh',
            '--setup', 'os', *SMALL, '--guests', str(guests), *s.options,
            *options), needed=True)
        self.booted = True

    def down(self) -> None:
        """Ends the lab; QEMU must have had nothing to say."""
        if not self.directory.is_dir():
            return
        if self.keep and self.failed:
            self.writer.note(f'the lab is kept: scripts/cxl-lab ssh --name '
                             f'{self.lab} 1; end it with scripts/cxl-lab down '
                             f'--name {self.lab}')
            return
        if self.booted:
            self.check('QEMU ends without a word', Scenario.ends)
        else:
            self.abandon()
        # What is left of a scenario that failed may say why.
        if not self.failed:
            remove(self.directory)
        self.booted = False
        self.guests = 0

    def ends(self) -> None:
        """Stops guests that all must still be running."""
        status = self.cxl_lab('status', '--name', self.lab)
        self.cxl_lab('down', '--name', self.lab)
        for n in range(1, self.guests + 1):
            # On SIGTERM, QEMU says who sent it.
            for line in visible(content(self.of(n).qemu_log)).splitlines():
                if 'terminating on signal 15' not in line:
                    refuse(line, '.')
        same(len(re.findall(' up ', status)), self.guests,
             'the number of guests that were still running')

    def abandon(self) -> None:
        """Ends whatever still runs."""
        if self.directory.is_dir():
            subprocess.run([ROOT / 'scripts/cxl-lab', 'down', '--name',
                            self.lab], stdout=subprocess.DEVNULL, check=False)

    # guests

    def of(self, n: int) -> Guest:
        """A guest of the lab."""
        return Guest(self.directory / str(n))

    def raw(self, n: int, script: str, data: bytes | None = None) -> bytes:
        """What a script in a guest prints; fails with it, and when one of its
        commands fails."""
        self.note(f'guest {n}: {script}')
        done = self.of(n).ssh(f'set -eu; {script}', data, GUEST_SECONDS,
                              subprocess.PIPE)
        self.note(visible(done.stdout[-20000:]), visible(done.stderr))
        holds(done.returncode == 0, 'the script in the guest ended with '
              f'status {done.returncode}.')
        return done.stdout

    def guest(self, n: int, script: str) -> str:
        """The same as text."""
        return visible(self.raw(n, script)).rstrip('\n')

    def spawn(self, n: int, script: str) -> 'subprocess.Popen[bytes]':
        """A script that runs beside others; see finish()."""
        # pylint: disable=consider-using-with # finish() waits
        self.note(f'guest {n}, beside: {script}')
        guest = self.of(n)
        return subprocess.Popen(guest.script_command(f'set -eu; {script}'),
                                cwd=guest.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def finish(self, process: 'subprocess.Popen[bytes]') -> str:
        """What such a script has printed; fails with it."""
        try:
            output = visible(process.communicate(timeout=GUEST_SECONDS)[0])
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        self.note(output)
        holds(process.returncode == 0, 'the script in the guest ended with '
              f'status {process.returncode}.')
        return output.rstrip('\n')

    def monitor(self, n: int, command: str) -> str:
        """What QEMU's monitor prints."""
        text = visible(self.of(n).monitor(command))
        self.note(f'monitor {n}: {command}', text)
        return text

    def release(self, n: int) -> str:
        """The kernel's version."""
        return self.guest(n, 'uname -r')

    def reboots(self, n: int) -> None:
        """Restarts a guest and waits until it is up again."""
        guest = self.of(n)
        before = guest.boots()
        self.guest(n, 'reboot')
        until(lambda: guest.boots() > before, BOOT_SECONDS,
              f'guest {n} did not come up again.')

    def end_of(self, n: int) -> None:
        """Waits until QEMU of a guest has ended."""
        until(lambda: not self.of(n).running(), 60,
              f'QEMU of guest {n} did not end.')


# --- tests that many scenarios have ---

@test('the kernel has seen no warning')
def kernel_is_calm(s: Scenario, n: int = 1) -> None:
    """Nothing in the kernel's log that a healthy machine lacks."""
    log = s.guest(n, 'dmesg -r')
    # Levels 0 to 4 are emergencies to warnings. That a reset was asked for is
    # one to newer kernels.
    refuse(log, '^<[0-4]>(?!.*: resetting$).*'
                '([Cc][Xx][Ll]|dax|pcieport.*(AER|error))')
    refuse(log, 'BUG:|Oops|WARNING:|Call Trace|soft lockup|'
                'rcu.*detected.* stall')


@test('the guest reboots')
def reboots(s: Scenario, n: int = 1) -> None:
    """It is up again afterwards."""
    s.reboots(n)


@test('QEMU is killed')
def is_killed(s: Scenario, n: int = 1) -> None:
    """As by a crash. It is booted again with up(), which leaves all but logs
    and shared.mem in the lab."""
    s.of(n).kill()


@test('the guest powers off')
def powers_off(s: Scenario, n: int = 1) -> None:
    """It switches its machine off."""
    s.guest(n, 'poweroff')
    s.end_of(n)


@test('{count} processes start in it')
def forks(s: Scenario, n: int, node: int, count: int) -> None:
    """Processes with memory of a node."""
    same(s.guest(n, f"""numactl --membind={node} sh -c '
        i=0
        while [ $i -lt {count} ]; do /usr/bin/env true; i=$((i + 1)); done
        echo $i'"""), str(count))
