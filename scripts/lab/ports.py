# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports of the host that guests' ssh is reached by.

Between the choice of a port and the QEMU that listens there is time, in which
another lab may choose. So who chooses keeps it: a lock on the byte of a file
that has the port's number, which is gone with the program.
"""

import errno
import fcntl
import os
import random
import socket
from pathlib import Path

from .paths import LABS
from .story import Failure

# The file is never closed: that would end all locks.
_LOCKS: dict[Path, int] = {}


def taken(port: int) -> bool:
    """Whether somebody listens there; a port that this user may not have is
    told."""
    with socket.socket() as sock:
        # As QEMU does: what a connection has left behind does not matter.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(('127.0.0.1', port))
        except PermissionError:
            raise Failure(f'port {port} is for root alone; choose others '
                          'with --port-base.') from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return True
    return False


def free() -> int:
    """One that nobody has."""
    with socket.socket() as listener:
        listener.bind(('', 0))
        return listener.getsockname()[1]


def owner(port: int) -> str:
    """The lab that has a port, as words that begin with a space."""
    for about in sorted(LABS.glob('*/[1-9]/about')):
        try:
            words = about.read_text(encoding='utf-8').split()
        except (OSError, ValueError):
            continue
        if words[:1] == [str(port)]:
            return f' by lab "{about.parts[-3]}"'
    return ''


def claim(base: int, count: int) -> bool:
    """Keeps ports for this program; whether no other one of this checkout has
    one of them."""
    file = LABS / '.ports'
    if file not in _LOCKS:
        _LOCKS[file] = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.lockf(_LOCKS[file], fcntl.LOCK_EX | fcntl.LOCK_NB, count, base)
    except (BlockingIOError, PermissionError):
        return False
    return True


def choose(base: int | None, count: int) -> int:
    """The first of so many ports: base, or with None one that is found. All
    must be free, and stay so for as long as this program runs."""
    if base is None:
        # Below those that the kernel gives to clients
        for base in range(22000 + random.randrange(4000), 32000, 10):
            if claim(base, count) and not any(taken(base + n)
                                              for n in range(count)):
                return base
        raise Failure('no free ports were found; choose some with --port-base')
    claimed = claim(base, count)
    for port in range(base, base + count):
        if taken(port):
            raise Failure(f'port {port} is taken{owner(port)}; choose others '
                          'with --port-base, for example --port-base '
                          f'{base + 100 if base < 65000 else 2222}.')
    if not claimed:
        raise Failure(f'a lab that is being started has port {base} or one '
                      'behind it; choose others with --port-base.')
    return base
