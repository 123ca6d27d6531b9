# SPDX-License-Identifier: GPL-2.0-or-later
"""The client of QEMU's QMP, over a socket or the pipes of a child.

QEMU's own python/qemu/qmp is not used: it is in QEMU's source tree and not in
what is installed, while a lab runs any QEMU; and docs/dev/testing.rst says
the rest. A client waits for answers and events with a deadline, and keeps
events for those who come later.
"""

import json
import os
import select
import socket
import time
from typing import Any, Callable, Iterable, Iterator

TIMEOUT = 60
# A line of an answer. QEMU's longest are well below that; a peer that is not
# QEMU shall not fill the memory.
LIMIT = 64 << 20


class QmpError(Exception):
    """QEMU refused a command; the text is QEMU's own."""


class QmpClosed(QmpError):
    """QEMU ended, or closed the socket."""


class QmpTimeout(QmpError):
    """Nothing came for too long."""


class Lines:
    """Lines of a file descriptor, each waited for no longer than a time."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.data = b''

    def read(self, deadline: float) -> bytes:
        """The next line without its end."""
        while b'\n' not in self.data:
            if len(self.data) > LIMIT:
                raise QmpError('there is no end to a line')
            self.data += self.receive(deadline)
        line, _, self.data = self.data.partition(b'\n')
        return line

    def receive(self, deadline: float) -> bytes:
        """What there is, at least one byte."""
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self.fd], [], [], left)[0]:
            raise QmpTimeout('nothing came for too long')
        try:
            data = os.read(self.fd, 1 << 16)
        except ConnectionError:
            data = b''
        if not data:
            raise QmpClosed('QEMU closed the QMP socket without an answer')
        return data


def request(command: str, arguments: dict[str, Any] | None = None) -> bytes:
    """A command as it is sent."""
    message: dict[str, Any] = {'execute': command}
    if arguments:
        message['arguments'] = arguments
    return json.dumps(message).encode() + b'\n'


class Qmp:
    """One client. Open it with connect() or over(); both greet."""

    def __init__(self, fd: int, send: Callable[[bytes], Any],
                 close: Callable[[], Any] = lambda: None,
                 timeout: float = TIMEOUT) -> None:
        self.lines = Lines(fd)
        self.write = send
        self.close = close
        self.timeout = timeout
        self.events: list[dict[str, Any]] = []
        # Lines that are not JSON: what QEMU prints where QMP is on stdio
        self.printed = ''

    @classmethod
    def connect(cls, path: str | os.PathLike[str],
                timeout: float = TIMEOUT) -> 'Qmp':
        """A client of a socket; OSError says why there is none."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        try:
            reach(sock, os.fspath(path))
            client = cls(sock.fileno(), sock.sendall, sock.close, timeout)
            client.greet()
        except BaseException:
            sock.close()
            raise
        return client

    @classmethod
    def over(cls, fd: int, send: Callable[[bytes], Any],
             timeout: float = TIMEOUT) -> 'Qmp':
        """A client of a child with -qmp stdio."""
        client = cls(fd, send, timeout=timeout)
        client.greet()
        return client

    def __enter__(self) -> 'Qmp':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def greet(self) -> None:
        """Takes QEMU's greeting and answers it."""
        deadline = time.monotonic() + self.timeout
        while 'QMP' not in self.message(deadline):
            pass
        self.execute('qmp_capabilities')

    def message(self, deadline: float) -> dict[str, Any]:
        """The next message; ValueError if it is not QMP's."""
        while True:
            line = self.lines.read(deadline)
            if line.startswith(b'{'):
                message = json.loads(line)
                if 'event' in message:
                    self.events.append(message)
                return message
            self.printed += line.decode('utf-8', 'replace') + '\n'

    def answer(self, raw: bytes) -> dict[str, Any]:
        """Sends a message and returns the answer, be it good or bad."""
        self.write(raw)
        deadline = time.monotonic() + self.timeout
        while True:
            message = self.message(deadline)
            if 'return' in message or 'error' in message:
                return message

    def execute(self, command: str, **arguments: Any) -> Any:
        """What a command returns. Arguments whose names are none in Python
        are given as **{'qom-type': ...}."""
        answer = self.answer(request(command, arguments))
        if 'error' in answer:
            raise QmpError(answer['error'].get('desc', 'without a reason'))
        return answer['return']

    def monitor(self, line: str) -> str:
        """What a command of the human monitor prints."""
        return self.execute('human-monitor-command',
                            **{'command-line': line})

    def event(self, wanted: Callable[[dict[str, Any]], bool],
              seconds: float) -> dict[str, Any] | None:
        """The first event that is wanted, old ones too, which is used up;
        None if there is none in that time."""
        deadline = time.monotonic() + seconds
        while True:
            for i, event in enumerate(self.events):
                if wanted(event):
                    return self.events.pop(i)
            try:
                self.message(deadline)
            except QmpTimeout:
                return None


def reach(sock: socket.socket, path: str) -> None:
    """Connects a socket. Its address is short, so a path that is not is
    reached through the directory, whose number always is."""
    if len(os.fsencode(path)) < 100:
        sock.connect(path)
        return
    directory, name = os.path.split(path)
    fd = os.open(directory or '.', os.O_PATH | os.O_DIRECTORY)
    try:
        sock.connect(f'/proc/self/fd/{fd}/{name}')
    finally:
        os.close(fd)


def devices(ports: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The memory devices below ports, as query-cxl has them."""
    for port in ports:
        if 'switch' in port:
            yield from devices(port['switch']['ports'])
        elif 'device' in port:
            yield port['device']


def batch(commands: Iterable[str]) -> str:
    """Commands in one text for the standard input of a QEMU with
    -qmp stdio that is only started and ended again."""
    return b''.join(map(request, ['qmp_capabilities', *commands])).decode()
