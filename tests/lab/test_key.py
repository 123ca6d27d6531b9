# SPDX-License-Identifier: GPL-2.0-or-later
"""The ssh key of a build, which every lab of a new checkout wants at once."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab import host

# This host's packages are not what is tested.
MAKE_KEY = ('CXL_BUILD=$1; cxl_host_packages() { :; }; cxl_guest_key; '
            'ssh-keygen -y -f "$CXL_GUEST_KEY" | cut -d " " -f 1-2')


class Key(unittest.TestCase):
    """One pair, whoever comes and whatever is there."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.build = Path(temporary.name)
        self.folder = self.build / 'lab' / '.ssh'

    def make(self, count: int) -> None:
        """Several labs at once, which all end well and have the same key."""
        labs = [subprocess.Popen(
                    host.command(MAKE_KEY, os.devnull, str(self.build)),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True)
                for _ in range(count)]
        said = {lab.communicate()[0] for lab in labs}
        self.assertEqual({lab.returncode for lab in labs}, {0}, said)
        self.assertEqual(len(said), 1, said)
        public = (self.folder / 'id_ed25519.pub').read_text(encoding='ascii')
        self.assertTrue(public.startswith(said.pop().strip()))

    def test_eight_labs_of_a_new_checkout(self) -> None:
        self.make(8)

    def test_an_interrupted_run_left_half_a_pair(self) -> None:
        self.folder.mkdir(parents=True)
        for name in 'id_ed25519.new', 'id_ed25519.new.pub':
            (self.folder / name).write_text('half', encoding='ascii')
        self.make(1)
