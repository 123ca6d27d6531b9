# SPDX-License-Identifier: GPL-2.0-or-later
"""The two demos: a message through shared memory, a file that persists."""

import os
import subprocess
from pathlib import Path

from . import host, prepare
from .guest import Guest, content
from .labs import Lab
from .options import pick
from .story import Failure, indented, tell, visible

# What the guest's file holds: the host keeps it to compare
FILE_SIZE = 16 << 20


class Demo:
    """A demo in a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.story = lab.story
        self.options = lab.options
        # What the last command in a guest has printed
        self.output = ''

    def need_qemu(self) -> None:
        """The first step."""
        self.story.step('QEMU with CXL')
        prepare.need_qemu(self.options)
        arch = host.architecture(pick(self.options.arch, 1))
        version = subprocess.run(
            [self.options.qemu / f'qemu-system-{arch}', '--version'],
            stdout=subprocess.PIPE, text=True, check=False).stdout
        self.story.say(version.partition('\n')[0])

    def start(self) -> None:
        """Starts the guests."""
        host.need_key()
        self.lab.start()

    def booted(self, n: int) -> None:
        """Waits, and shows what the guest says of itself."""
        self.lab.wait(n)
        for line in content(self.lab.guest(n).console).split(b'\n'):
            if line.startswith(b'cxl-lab: '):
                tell(indented(f'guest{n}| ', line))

    def show(self, n: int, command: str) -> bool:
        """Runs a command in a guest, shows it as a terminal would, and keeps
        what it printed."""
        tell(f'guest{n}# {command}')
        done = self.lab.guest(n).ssh(command)
        self.output = visible(done.stdout).rstrip('\n')
        if self.output:
            tell(indented(f'guest{n}| ', self.output))
        return done.returncode == 0

    def need(self, n: int, command: str, otherwise: str) -> None:
        """A command that has to succeed."""
        if not self.show(n, command):
            raise self.failed(otherwise, n)

    def failed(self, what: str, n: int) -> Failure:
        """Why the demo ends."""
        guest = self.lab.guest(n)
        return Failure(f'{what}; all that the consoles showed is in '
                       f'{self.lab.directory}/[1-9]/console.log.',
                       indented(f'console {n}| ', guest.last(15)))

    def kept(self) -> None:
        """The end of a demo."""
        if self.options.keep:
            self.lab.leave()
            how_to_use(self.lab)

    def two_guests(self, more: str = '') -> None:
        """Two guests with a DAX device of the same memory."""
        self.need_qemu()
        self.story.step('two guests with one CXL memory device of '
                        f'{self.options.size}{more}')
        self.start()
        self.story.step('waiting until both have booted')
        for n in 1, 2:
            self.booted(n)
        self.story.step('a CXL region and a DAX device in both')
        for n in 1, 2:
            self.need(n, './create_region.sh', f'guest {n} made no CXL region')
            self.need(n, './dax_mode.sh', f'guest {n} made no DAX device')

    # a message

    def send(self, sender: int, receiver: int) -> None:
        """A message has to arrive."""
        text = f'Hello from instance {sender}!'
        if not (self.show(sender, f'./daxwriter "{text}"') and
                self.show(receiver, './daxreader') and
                self.output == f'Paragraph read from DAX device:\n{text}'):
            raise self.failed('the message did not arrive', receiver)

    def message(self) -> None:
        """Two guests, a message each way."""
        self.two_guests()
        self.show(2, './daxreader')
        if not self.output.startswith('There is no text'):
            raise self.failed('guest 2 does not see empty memory', 2)
        self.story.step('a message from guest 1 to guest 2')
        self.send(1, 2)
        self.story.step('a message from guest 2 to guest 1')
        self.send(2, 1)
        tell()
        tell('Both messages arrived: two Debian guests share '
             f'{self.options.size} of CXL memory ({self.story.elapsed()}).')
        self.kept()

    # a file

    def write(self, guest: Guest, file: Path) -> None:
        """A file of random data in the guest, and here."""
        data = os.urandom(FILE_SIZE)
        file.write_bytes(data)
        done = guest.ssh('dd of=/mnt/file bs=1M conv=fsync 2>/dev/null', data)
        if done.returncode or not self.show(1, 'sha256sum /mnt/file'):
            raise self.failed('the file was not written', 1)

    def persistent(self) -> None:
        """One guest, whose QEMU is killed, and another that reads."""
        guest = self.lab.guest(1)
        file = self.lab.directory / 'written'
        self.need_qemu()
        self.story.step(f'one guest with {self.options.size} of persistent '
                        'CXL memory')
        self.start()
        self.story.step('waiting until it has booted')
        self.booted(1)
        written = guest.about[2]
        self.story.step('a region, a namespace and a file system in the '
                        'memory')
        self.need(1, './pmem_fs.sh', 'guest 1 has no file system in CXL '
                  'memory')
        self.story.step('a file of 16 MiB of random data, written with fsync')
        self.write(guest, file)
        process = guest.process()
        self.story.step('killing QEMU: kill -KILL '
                        f'{process.pid if process else "?"}')
        guest.kill()
        self.story.say('neither guest nor QEMU had a chance to write anything '
                       'back')
        self.story.step('another QEMU with the same memory')
        read = self.lab.boot(1, 2).release
        self.booted(1)
        self.story.step('the region and the file system again, and the file')
        self.read(guest, file)
        tell()
        tell(f'The file came back bit for bit: written under Linux {written}, '
             f'read under Linux {read} after QEMU was killed '
             f'({self.story.elapsed()}).')
        self.kept()

    def read(self, guest: Guest, file: Path) -> None:
        """The file must be what was written."""
        self.need(1, './pmem_fs.sh', 'guest 1 does not find the file system '
                  'again')
        self.need(1, 'sha256sum /mnt/file', 'guest 1 does not find the file '
                  'again')
        done = guest.ssh('cat /mnt/file', errors=subprocess.DEVNULL)
        if done.returncode or done.stdout != file.read_bytes():
            raise self.failed(f'the file came back different from {file}', 1)
        file.unlink()


def how_to_use(lab: Lab) -> None:
    """A lab that stays."""
    name = '' if lab.options.name == 'lab' else f' --name {lab.options.name}'
    tell(f'The lab runs. Go on with "scripts/cxl-lab ssh{name} 1"; end it '
         f'with "scripts/cxl-lab down{name}".')
