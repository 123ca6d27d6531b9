# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that outlive the program that started them, and ending them.

A process is known by its number and the time at which it started. The number
alone may belong to somebody else by now: nothing is ever sent a signal but
what has both, so that nothing is ended that was not started here.
"""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Iterator, Sequence

# A host may be busy, and what a guest has stored has to be written.
STOP_SECONDS = 30


def start_time(pid: int) -> str:
    """When a process started, in the kernel's own count; '' if it has
    ended, be it waited for or not."""
    try:
        stat = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8',
                                                   errors='replace')
    except OSError:
        return ''
    # The name, which may hold anything, is in parentheses.
    fields = stat.rpartition(') ')[2].split()
    return '' if fields[0] in 'ZX' else fields[19]


@dataclass(frozen=True)
class Process:
    """A process, whether it still runs or not."""
    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> 'Process':
        """The process that has this number now."""
        return cls(pid, start_time(pid))

    @classmethod
    def read(cls, file: Path) -> 'Process | None':
        """What write() left in a file; None without one."""
        try:
            pid, started = file.read_text(encoding='utf-8').split()
            return cls(int(pid), started)
        except (OSError, ValueError):
            return None

    def write(self, file: Path) -> None:
        """Keeps it for another program, which reads all of it or nothing."""
        new = file.with_name(f'{file.name}.new')
        new.write_text(f'{self.pid} {self.started}\n', encoding='utf-8')
        new.replace(file)

    def running(self) -> bool:
        """Whether it is still the same one."""
        return bool(self.started) and start_time(self.pid) == self.started

    def send(self, number: int) -> None:
        """A signal, if it runs."""
        if self.running():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def ended(self, seconds: float) -> bool:
        """Waits; whether it ended in that time."""
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        return True

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.send(signal.SIGKILL)
        self.ended(STOP_SECONDS)

    def stop(self) -> None:
        """Asks it to end, and does not ask for longer than that."""
        self.send(signal.SIGTERM)
        if not self.ended(STOP_SECONDS):
            self.kill()


# Who started a process has to wait for it before it is gone; one that is
# still running when its object goes would be warned about.
_CHILDREN: list[subprocess.Popen[bytes]] = []


def spawn(command: Sequence[str], directory: Path,
          output: IO[bytes] | int, file: Path | None = None) -> Process:
    """Starts a process that stays when this program ends, in a session of
    its own: Ctrl-C in this terminal is for this program. It is kept in a file
    before it does anything: this program may be killed at any moment."""
    def keep() -> None:
        if file:
            Process.of(os.getpid()).write(file)
    # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
    child = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL,
                             stdout=output, stderr=output,
                             start_new_session=True, preexec_fn=keep)
    _CHILDREN.append(child)
    return Process.of(child.pid)


def parents() -> dict[int, int]:
    """Who has started each process that there is now."""
    found = {}
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            text = stat.read_text(encoding='utf-8', errors='replace')
        except OSError:
            continue
        found[int(stat.parent.name)] = int(text.rpartition(') ')[2].split()[1])
    return found


def interrupt(child: 'subprocess.Popen[bytes]') -> None:
    """Asks a process to end, with all that it has started and that they have:
    who starts others does not tell them. Waits for it alone."""
    started, found = parents(), [child.pid]
    for pid in found:
        found += [other for other, by in started.items() if by == pid]
    for pid in found:
        try:
            Process.of(pid).send(signal.SIGTERM)
        except PermissionError:
            # What sudo has started
            pass
    child.wait()


def run(command: Sequence[str | Path]) -> int:
    """Runs a command to its end and returns its status. When this program is
    interrupted, so is all that the command has started."""
    # pylint: disable=consider-using-with # its end would wait for another one
    child = subprocess.Popen(command)
    try:
        return child.wait()
    except BaseException:
        interrupt(child)
        raise


@contextmanager
def undisturbed(numbers: Sequence[int]) -> Iterator[None]:
    """Signals that come while something is done that must not be left half
    done are handled when it is done."""
    came: list[int] = []
    before = [(number, signal.signal(number, lambda n, _: came.append(n)))
              for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        for number in came[:1]:
            os.kill(os.getpid(), number)


def replace(command: Sequence[str], directory: Path | None = None) -> None:
    """This program becomes another one, which has the terminal and all
    signals, and whose exit status is that of this one."""
    if directory:
        os.chdir(directory)
    # Python ignores it, and what is ignored stays so.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(command[0], list(command))
