#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads or writes a CXL region in the files of its devices, from the host.

The arithmetic is that of CXL 3.1, 8.2.4.20.13 and 9.13.1, written down for
this script alone, so that it can contradict the emulation: the granules of a
region go to its devices in turn, and each device puts its granules one after
the other, from where its part begins. The first granule of a region is the
first device's, as long as a region of 3, 6 or 12 ways begins at a multiple of
as many times 256 MiB (table 9-22), as windows for it do.

usage: deinterleave.py read GRANULARITY OFFSET LENGTH FILE[@START]...
       deinterleave.py write GRANULARITY OFFSET TEXT FILE[@START]...
       deinterleave.py pattern SEED LENGTH

The files are in the order in which the devices have their turns; START is
where in a file the region's part begins, in bytes. "read" prints what the
region holds; "write" puts a text with a final NUL there; "pattern" prints
letters and digits that depend on the seed and do not repeat. The scenarios call
the functions of these names.
"""

import contextlib
import hashlib
import sys


def home(offset, granularity, devices, choose=None):
    """The device that has the byte at this offset of the region, and where.
    Another choice of devices gives each its granule of every group too."""
    turn = offset // granularity
    return (choose(offset) if choose else turn % devices,
            turn // devices * granularity + offset % granularity)


def xor_choice(base, granularity, devices, maps):
    """The choice of a window with XOR arithmetic, for a region that begins at
    this address, with the XORMAPs of the window's CXIMS (9.18.1.5)."""
    def choose(offset):
        address = base + offset
        if devices == 3:
            return address // granularity % 3
        return sum((address & bits).bit_count() % 2 << number
                   for number, bits in enumerate(maps))
    return choose


def each_byte(granularity, offset, length, files, choose):
    """Open file and place in it for each byte, in the order of addresses."""
    for at in range(offset, offset + length):
        device, place = home(at, granularity, len(files), choose)
        file, start = files[device]
        yield file, start + place


@contextlib.contextmanager
def open_files(names, mode):
    with contextlib.ExitStack() as stack:
        files = []
        for name in names:
            path, _, start = name.partition('@')
            file = stack.enter_context(open(path, mode, buffering=0))
            files.append((file, int(start or 0)))
        yield files


def read(granularity, offset, length, *names, choose=None):
    data = b''
    with open_files(names, 'rb') as files:
        for file, place in each_byte(int(granularity), int(offset),
                                     int(length), files, choose):
            file.seek(place)
            data += file.read(1)
    return data.decode('ascii', 'replace').replace('\0', ' ')


def write(granularity, offset, text, *names, choose=None):
    data = text.encode() + b'\0'
    with open_files(names, 'r+b') as files:
        bytes_at = each_byte(int(granularity), int(offset), len(data), files,
                             choose)
        for value, (file, place) in zip(data, bytes_at):
            file.seek(place)
            file.write(bytes([value]))


def pattern(seed, length):
    text, block = '', 0
    while len(text) < int(length):
        text += hashlib.sha256(f'{seed} {block}'.encode()).hexdigest()
        block += 1
    return text[:int(length)]


def main(command='', *words):
    commands = {'read': read, 'write': write, 'pattern': pattern}
    if command not in commands:
        sys.exit(__doc__)
    shown = commands[command](*words)
    if shown is not None:
        print(shown)


if __name__ == '__main__':
    main(*sys.argv[1:])
