# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports of the host that guests' ssh is reached by."""

import random
import socket

from .paths import LABS
from .story import Failure


def taken(port: int) -> bool:
    """Whether something answers there."""
    with socket.socket() as sock:
        return sock.connect_ex(('127.0.0.1', port)) == 0


def free() -> int:
    """One that nobody has."""
    with socket.socket() as listener:
        listener.bind(('', 0))
        return listener.getsockname()[1]


def owner(port: int) -> str:
    """The lab that has a port, as words that begin with a space."""
    for about in sorted(LABS.glob('*/[1-9]/about')):
        if about.read_text(encoding='utf-8').split()[:1] == [str(port)]:
            return f' by lab "{about.parts[-3]}"'
    return ''


def choose(base: int | None, count: int) -> int:
    """The first of so many ports: base, or with None one that is found. All
    must be free."""
    if base is None:
        # Below those that the kernel gives to clients
        for base in range(22000 + random.randrange(4000), 32000, 10):
            if not any(taken(base + n) for n in range(count)):
                return base
        raise Failure('no free ports were found; choose some with --port-base')
    for port in range(base, base + count):
        if taken(port):
            raise Failure(f'port {port} is taken{owner(port)}; choose others '
                          'with --port-base, for example --port-base '
                          f'{base + 100}.')
    return base
