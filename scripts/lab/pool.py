# SPDX-License-Identifier: GPL-2.0-or-later
"""The pool of a lab: guest n's device is head n - 1 of it.

All is done by cxl-pool, which needs no QEMU that runs.
"""

import os
from pathlib import Path

from .labs import Lab
from .options import Options
from .process import replace
from .qemu import POOL
from .story import Failure


def tool(options: Options) -> Path:
    """Where cxl-pool is: beside QEMU."""
    return options.qemu / 'cxl-pool'


def state_file(lab: Lab) -> Path:
    """The state of the lab's pool, which must be there."""
    file = lab.directory / POOL
    if not file.is_file():
        raise Failure(f'lab "{lab.options.name}" has no pool; "scripts/cxl-lab'
                      ' up --pool" starts one that has.')
    if not os.access(tool(lab.options), os.X_OK):
        raise Failure(f'{tool(lab.options)} is missing; "scripts/build" makes '
                      'it.')
    return file


def run(lab: Lab, words: list[str]) -> None:
    """cxl-pool with that command, for the lab's pool."""
    if not words:
        raise Failure('say what: "scripts/cxl-lab pool status"; see --help.')
    replace([str(tool(lab.options)), words[0], str(state_file(lab)),
             *words[1:]])


def head_of(words: list[str]) -> int:
    """The head of the guest whose number comes first."""
    if not words or words[0] not in tuple('123456789'):
        raise Failure('say which guest: scripts/cxl-lab fence 1')
    return int(words[0]) - 1


def fence(lab: Lab, words: list[str]) -> None:
    """Takes the memory away from a guest, whether it runs or not."""
    head = head_of(words)
    run(lab, ['fence', '--head', str(head), *words[1:]])
