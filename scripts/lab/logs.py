#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps the logs of a QEMU short while it runs.

A guest may write to its console for as long as it likes, and QEMU appends all
of it to a file. A log that has grown beyond LIMIT loses its middle: how the
guest booted stays, and so does what it wrote last.

usage: logs.py PID STARTED FILE...

It ends with the process, to which it does nothing.
"""

import os
import sys
import time
from pathlib import Path

LIMIT = 4 << 20
KEPT = 1 << 20
NOTE = b'\n[cxl-lab: what came here was left out]\n'


def shorten(file: Path, limit: int = LIMIT, kept: int = KEPT) -> None:
    """Leaves the first and the last part of a file that is too long. Who
    appends to it goes on with the same file."""
    try:
        if file.stat().st_size <= limit:
            return
        with file.open('r+b') as log:
            log.seek(-kept, os.SEEK_END)
            last = log.read(kept)
            log.truncate(kept)
            log.seek(kept)
            log.write(NOTE + last)
    except OSError:
        # A lab may be deleted while its guests run
        pass


def main(pid: str, started: str, *names: str) -> None:
    """Looks after the files once a second."""
    # pylint: disable=import-outside-toplevel # a program beside its package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from lab.process import Process
    process = Process(int(pid), started)
    running = True
    while running:
        running = process.running()
        for name in names:
            shorten(Path(name))
        time.sleep(1)


if __name__ == '__main__':
    main(*sys.argv[1:])
