# SPDX-License-Identifier: GPL-2.0-or-later
"""Another process that does the work of a device, as vhost-user has it: it
writes down which memory of the guest it was shown."""

import array
import os
import queue
import socket
import struct
import threading
from pathlib import Path

HEADER = struct.Struct('<III')
GET_FEATURES, SET_MEM_TABLE, GET_VRING_BASE, GET_PROTOCOL = 1, 5, 11, 15
HAS_PROTOCOL = 1 << 30
VERSION, REPLY = 1, 1 << 2


class VhostUser:
    """Serves one QEMU on a socket, until that ends."""

    def __init__(self, path: Path) -> None:
        # Guest addresses and lengths
        self.shown: 'queue.Queue[list[tuple[int, int]]]' = queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self) -> None:
        """Nobody else is served."""
        self.listener.close()

    def serve(self) -> None:
        """Messages have fixed headers; descriptors come with some."""
        with self.listener.accept()[0] as peer:
            while True:
                header, fds, *_ = socket.recv_fds(peer, HEADER.size, 16)
                for fd in array.array('i', fds):
                    os.close(fd)
                if len(header) < HEADER.size:
                    return
                code, _, size = HEADER.unpack(header)
                body = peer.recv(size, socket.MSG_WAITALL) if size else b''
                self.obey(peer, code, body)

    def obey(self, peer: socket.socket, code: int, body: bytes) -> None:
        """No optional feature is offered, so that little has an answer."""
        answer = {GET_FEATURES: struct.pack('<Q', HAS_PROTOCOL),
                  GET_PROTOCOL: bytes(8),
                  GET_VRING_BASE: body}.get(code)
        if answer is not None:
            peer.sendall(HEADER.pack(code, VERSION | REPLY, len(answer)) +
                         answer)
        if code == SET_MEM_TABLE:
            count, _ = struct.unpack_from('<II', body)
            rows = [struct.unpack_from('<4Q', body, 8 + 32 * i)
                    for i in range(count)]
            self.shown.put([(row[0], row[1]) for row in rows])
