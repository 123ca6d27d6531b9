# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab: guests that are started together, and files that they share."""

import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from . import host, logs, ports, qemu
from .guest import Guest, content
from .options import Options, mebibytes
from .paths import LABS
from .process import Process, spawn, undisturbed
from .progress import Progress
from .story import Failure, Story, indented

AGAIN = 3
# What ends this program
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def all_guests() -> list[Guest]:
    """Of all labs that have been started, in the order of their names."""
    return [Guest(about.parent) for about in
            sorted(LABS.glob('*/[1-9]/about'))]


class Lab:
    """The lab that the options name."""

    def __init__(self, options: Options, story: Story) -> None:
        self.options = options
        self.story = story
        self.directory = options.directory
        self.base = options.base or 0
        # What this run of the program has started is stopped when it ends
        # before it got where it should.
        self.started: list[Guest] = []
        self.lock: int | None = None

    def guest(self, n: int) -> Guest:
        """A guest, whether it is there or not."""
        return Guest(self.directory / str(n))

    def guests(self) -> list[Guest]:
        """Those that have been started at some time."""
        return [Guest(path) for path in sorted(self.directory.glob('[1-9]'))
                if path.is_dir()]

    def cleanup(self) -> None:
        """Stops what has been started, however often Ctrl-C is pressed."""
        with undisturbed(ENDS):
            for guest in self.started:
                guest.stop()
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def leave(self) -> None:
        """What has been started stays."""
        self.started = []

    # starting

    def alone(self) -> None:
        """Whoever starts a lab has it until this program ends."""
        if self.lock is None:
            self.lock = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f'lab "{self.options.name}" is being started by '
                          'another program; wait until it has, or choose '
                          'another name with --name.') from None

    def choose_ports(self) -> None:
        """Ports for all guests."""
        self.base = ports.choose(self.options.base, self.options.count)

    def machine(self, n: int, kth: int = 0) -> qemu.Machine:
        """QEMU of a guest."""
        return qemu.machine(self.options, self.base, n, kth)

    def start(self) -> None:
        """Makes the lab's directory and starts all guests."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.alone()
        if any(self.guest(n).running() for n in range(1, 10)):
            raise Failure(f'lab "{self.options.name}" is running; stop it '
                          'with "scripts/cxl-lab down --name '
                          f'{self.options.name}" or choose another name with '
                          '--name.')
        self.choose_ports()
        for old in self.directory.glob('[1-9]'):
            remove(old)
        self.make_memory()
        for n in range(1, self.options.count + 1):
            self.boot(n)

    def make_memory(self) -> None:
        """The files that guests share, with what they held."""
        size = mebibytes(self.options.size) << 20
        if self.options.persistent:
            files = {'persistent.mem': size, 'labels.mem': 128 << 10}
        else:
            files = {} if self.options.bare else {'shared.mem': size}
        if self.options.fresh:
            for name in ('shared.mem', qemu.POOL, 'persistent.mem',
                         'labels.mem'):
                (self.directory / name).unlink(missing_ok=True)
        for name, length in files.items():
            with (self.directory / name).open('ab') as file:
                file.truncate(length)

    def boot(self, n: int, kth: int = 0) -> qemu.Machine:
        """Starts a guest and says so."""
        machine = self.machine(n, kth)
        about = f'{self.base + n - 1} {machine.about}'
        self.launch(self.guest(n), machine.command, about)
        self.story.say(f'guest {n}: Linux {machine.release} {machine.accel}, '
                       f'ssh port {self.base + n - 1}')
        return machine

    def launch(self, guest: Guest, command: list[str], about: str) -> None:
        """Starts a guest's QEMU and waits until it listens."""
        directory = guest.directory
        directory.mkdir(exist_ok=True)
        for file in [*directory.glob('*.sock'), *directory.glob('*.log')]:
            file.unlink()
        (directory / 'command').write_text(shlex.join(command) + '\n', 'utf-8')
        (directory / 'about').write_text(about + '\n', 'utf-8')
        with guest.qemu_log.open('ab') as log, undisturbed(ENDS):
            self.started.append(guest)
            process = spawn(command, directory, log, directory / 'pid')
        look_after(process, directory)
        while not (directory / 'qmp.sock').is_socket():
            if not process.running():
                raise guest.died()
            time.sleep(0.05)

    def again(self, guest: Guest, kth: int) -> None:
        """Starts a guest once more, the kth time."""
        self.story.say(f'guest {guest.n} hangs while booting: starting it '
                       'once more')
        self.restart(guest, f'console.log.{kth}')

    def without_kvm(self, guest: Guest, why: str) -> None:
        """Starts a guest once more, and this and all that follow with TCG.
        That KVM could run a few instructions has promised too much."""
        self.story.say(f'guest {guest.n}: KVM of this host does not run Linux '
                       f'({why}); starting it with TCG')
        host.distrust_kvm()
        self.restart(guest, 'console.log.kvm', ('kvm', 'tcg'))

    def restart(self, guest: Guest, old: str,
                accel: tuple[str, str] = ('', '')) -> None:
        """Starts a guest once more, with another accelerator on request; what
        its console has shown stays in a file."""
        command = shlex.split((guest.directory / 'command')
                              .read_text('utf-8'))
        about = guest.about
        if accel[0]:
            at = command.index('-accel') + 1
            command[at], about[-1] = accel[1], accel[1]
        guest.stop()
        kept = guest.console.rename(guest.directory / old)
        self.launch(guest, command, ' '.join(about))
        logs.shorten(kept)

    # waiting

    def wait(self, n: int) -> None:
        """Until a guest has come up."""
        guest = self.guest(n)
        progress = Progress(guest)
        again = 0
        while not guest.boots():
            if not guest.running():
                raise guest.died()
            why = progress.gave_up()
            if why:
                raise Failure(f'guest {n} {why}; all that its console showed '
                              f'is in {guest.console}.',
                              indented('      | ', guest.last(20)))
            failed = self.kvm_failed(progress)
            if failed:
                self.without_kvm(guest, failed)
                progress = Progress(guest)
            elif again < AGAIN and progress.hangs():
                again += 1
                self.again(guest, again)
                progress = Progress(guest)
            time.sleep(0.2)

    def kvm_failed(self, progress: Progress) -> str:
        """Why a guest is better off without KVM; nothing if it is not."""
        guest = progress.guest
        if guest.about[-1:] != ['kvm']:
            return ''
        if progress.internal_error():
            if self.options.accel != 'auto':
                raise Failure(f'KVM of this host does not run guest {guest.n}; '
                              f'{guest.qemu_log} says more. Use --accel tcg.')
            return 'QEMU reports an internal error'
        if self.options.accel == 'auto' and progress.mute():
            return 'it prints nothing'
        return ''


def look_after(process: Process, directory: Path) -> None:
    """Something that keeps its logs short, as long as it runs."""
    spawn([sys.executable, '-I', '-S', logs.__file__, str(process.pid),
           process.started, 'console.log', 'qemu.log'], directory, -3)


def remove(directory: Path) -> None:
    """A guest's directory, with what a user may have put there."""
    def gone(_function: object, _path: object, why: Any) -> None:
        # Programs take their sockets away while they end.
        if not isinstance(why[1], FileNotFoundError):
            raise why[1]
    if directory.is_dir() and not directory.is_symlink():
        shutil.rmtree(directory, onerror=gone)
    else:
        directory.unlink()
