# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest of a lab: its directory, process, ssh, monitor and console."""

import re
import socket
import subprocess
from pathlib import Path

from . import host
from .paths import KEY
from .process import Process, replace
from .qmp import Qmp, reach
from .story import Failure, indented

UP = re.compile(rb'^cxl-lab: guest [0-9]* is up.*\r$', re.MULTILINE)
PROMPT = b'(qemu) '
MONITOR_SECONDS = 60


class Guest:
    """A guest that was started at some time, by this program or another."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.n = int(directory.name)

    @property
    def lab(self) -> str:
        """The name of its lab."""
        return self.directory.parent.name

    @property
    def about(self) -> list[str]:
        """Port, architecture, kernel release, accelerator; nothing if it was
        never started, or somebody has changed the file."""
        try:
            words = (self.directory / 'about').read_text('utf-8').split()
        except (OSError, ValueError):
            return []
        return words if len(words) == 4 else []

    @property
    def console(self) -> Path:
        """What its serial console has shown."""
        return self.directory / 'console.log'

    @property
    def qemu_log(self) -> Path:
        """What its QEMU has said."""
        return self.directory / 'qemu.log'

    def process(self) -> Process | None:
        """The QEMU that the lab started."""
        return Process.read(self.directory / 'pid')

    def running(self) -> bool:
        """Whether that QEMU still runs."""
        process = self.process()
        return process is not None and process.running()

    def boots(self) -> int:
        """How often it has come up."""
        return len(UP.findall(content(self.console)))

    def state(self) -> str:
        """In a word."""
        if not self.running():
            return 'stopped'
        return 'up' if self.boots() else 'booting'

    def stop(self) -> None:
        """Ends its QEMU."""
        process = self.process()
        if process:
            process.stop()
        (self.directory / 'pid').unlink(missing_ok=True)

    def kill(self) -> None:
        """Ends its QEMU as a crash would; it must have been running."""
        process = self.process()
        if not process or not process.running():
            raise self.died()
        process.kill()

    def died(self) -> Failure:
        """Its QEMU has ended: its own words say why."""
        return Failure(f'QEMU of guest {self.n} has ended; the lines above, '
                       f'from {self.qemu_log}, say why.',
                       indented('      | ', content(self.qemu_log)))

    def last(self, count: int) -> bytes:
        """The last lines that its console showed."""
        return b'\n'.join(content(self.console).rstrip(b'\n')
                          .split(b'\n')[-count:])

    # ssh

    def ssh_command(self, *words: str,
                    options: tuple[str, ...] = ()) -> list[str]:
        """ssh that reads and writes no file of the user's."""
        host.need_key()
        return [
            'ssh', *options, '-F', 'none', '-i', str(KEY), '-p', self.about[0],
            '-l', 'root', '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes',
            '-o', 'LogLevel=ERROR', '-o', 'StrictHostKeyChecking=no',
            '-o', 'UserKnownHostsFile=/dev/null',
            '-o', 'GlobalKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=60',
            '127.0.0.1', *words]

    def script_command(self, script: str) -> list[str]:
        """ssh for a script, to be started in the guest's directory. One
        connection, which stays until QEMU ends, serves all scripts of a boot:
        the keys of each take a guest without KVM a second."""
        return self.ssh_command(script, options=(
            '-o', 'ControlMaster=auto', '-o', 'ControlPersist=yes',
            '-o', f'ControlPath=ssh-{self.boots()}.sock'))

    def ssh(self, script: str, data: bytes | None = None,
            timeout: float | None = None,
            errors: int = subprocess.STDOUT
            ) -> 'subprocess.CompletedProcess[bytes]':
        """Runs it there, with bytes for its standard input."""
        how = {'input': data} if data is not None else \
            {'stdin': subprocess.DEVNULL}
        return subprocess.run(self.script_command(script), check=False,
                              cwd=self.directory, stdout=subprocess.PIPE,
                              stderr=errors, timeout=timeout, **how)

    # QEMU

    def qmp(self, timeout: float = 60, name: str = 'qmp.sock') -> Qmp:
        """A client of its QEMU; each socket has one at a time."""
        return Qmp.connect(self.directory / name, timeout)

    def monitor(self, command: str) -> bytes:
        """What a command prints in QEMU's monitor."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(MONITOR_SECONDS)
            reach(sock, str(self.directory / 'monitor.sock'))
            received(sock, PROMPT)
            sock.sendall(command.encode() + b'\n')
            # The monitor echoes the line as it edits it.
            output = received(sock, b'\n').partition(b'\n')[2]
            if not output.endswith(PROMPT):
                output = received(sock, b'\n' + PROMPT, b'\n' + output)[1:]
        return output.removesuffix(PROMPT).replace(b'\r', b'')

    def open_socket(self, name: str) -> None:
        """The terminal becomes that of a socket."""
        host.need_packages('socat')
        replace(['socat', '-,raw,echo=0,escape=0x1d', f'UNIX-CONNECT:{name}'],
                self.directory)


def content(file: Path) -> bytes:
    """A file that need not be there."""
    try:
        return file.read_bytes()
    except OSError:
        return b''


def received(sock: socket.socket, end: bytes, data: bytes = b'') -> bytes:
    """What comes from a socket until it is closed or there is an end."""
    while not (data.endswith(end) or (end == b'\n' and end in data)):
        try:
            part = sock.recv(1 << 16)
        except ConnectionError:
            part = b''
        if not part:
            break
        data += part
    return data
