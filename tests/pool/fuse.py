# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system of FUSE with one file in it, for who has to refuse it."""

import ctypes
import errno
import os
import stat
import struct
import threading
from pathlib import Path

HEADER = struct.Struct('<IIQQIIIHH')
ATTRIBUTES = struct.Struct('<QQQQQQIIIIIIIIII')
LOOKUP, FORGET, GETATTR, OPEN, STATFS = 1, 2, 3, 14, 17
RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR = 18, 25, 26, 27, 29
MODES = {1: stat.S_IFDIR | 0o755, 2: stat.S_IFREG | 0o644}
FOREVER = 1 << 20


class Fuse:
    """Mounted until the process or its mount namespace ends."""

    def __init__(self, where: Path, size: int) -> None:
        self.size = size
        self.fd = os.open('/dev/fuse', os.O_RDWR | os.O_CLOEXEC)
        options = f'fd={self.fd},rootmode=40000,user_id=0,group_id=0'
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b'cxl', os.fsencode(where), b'fuse', 0,
                      options.encode()):
            code = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(code, os.strerror(code))
        threading.Thread(target=self.serve, daemon=True).start()

    def attributes(self, node: int) -> bytes:
        """Of the directory, or of the file in it."""
        return ATTRIBUTES.pack(node, self.size, 8, *[0] * 6, MODES[node], 1,
                               0, 0, 0, 4096, 0)

    def answer(self, code: int, node: int, body: bytes) -> bytes | int:
        """To a request; or the number of an error."""
        if code == INIT:
            return struct.pack('<IIIIHHIIHH7I', 7, 31, 0, 0, 0, 0, 4096, 1, 1,
                               0, *[0] * 7)
        if code == LOOKUP:
            # Whatever it is called
            return struct.pack('<QQQQII', 2, 0, FOREVER, FOREVER, 0, 0) + \
                self.attributes(2)
        if code == GETATTR:
            return struct.pack('<QII', FOREVER, 0, 0) + self.attributes(node)
        if code in (OPEN, OPENDIR):
            return struct.pack('<QII', 0, 0, 0)
        if code == STATFS:
            return struct.pack('<5Q10I', *[1000] * 5, 4096, 255, 4096,
                               *[0] * 7)
        return b'' if code in (FLUSH, RELEASE, RELEASEDIR) else errno.ENOSYS

    def serve(self) -> None:
        """Until it is not mounted any more."""
        while True:
            try:
                request = os.read(self.fd, 1 << 17)
            except OSError:
                return
            _, code, unique, node, *_ = HEADER.unpack_from(request)
            if code == FORGET:
                continue
            answer = self.answer(code, node, request[HEADER.size:])
            error = -answer if isinstance(answer, int) else 0
            body = b'' if isinstance(answer, int) else answer
            os.write(self.fd, struct.pack('<IiQ', 16 + len(body), error,
                                          unique) + body)
