# SPDX-License-Identifier: GPL-2.0-or-later
"""The pool of a lab: guest n's device is head n - 1 of it.

All is done by cxl-pool, which needs no QEMU that runs.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .labs import Lab
from .options import Options
from .process import replace
from .qemu import POOL
from .qmp import Qmp, devices
from .story import Failure, visible


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


def dropped_stores(qmp: Qmp) -> int:
    """How many stores of a machine to pools were dropped."""
    return sum(device['pool']['dropped'] for bridge in
               qmp.execute('query-cxl')['host-bridges']
               for device in devices(bridge['ports']) if 'pool' in device)


@dataclass(frozen=True)
class Outcome:
    """What cxl-pool said, and how it ended."""
    status: int
    text: str


class Pool:
    """The lab's pool, for a program that goes on."""

    def __init__(self, lab: Lab) -> None:
        self.program = tool(lab.options)
        self.file = state_file(lab)

    def tell(self, command: str, *words: str) -> Outcome:
        """One command."""
        done = subprocess.run([self.program, command, self.file, *words],
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return Outcome(done.returncode, visible(done.stdout).rstrip('\n'))

    def state(self) -> dict[str, Any]:
        """What "status --json" says."""
        outcome = self.tell('status', '--json')
        if outcome.status:
            raise Failure(outcome.text)
        return json.loads(outcome.text)

    def head(self, number: int) -> dict[str, Any]:
        """One head; a free one has a state and nothing else."""
        for head in self.state()['heads']:
            if head['head'] == number:
                return head
        return {'head': number, 'state': 'free', 'alive': False, 'ranges': []}
