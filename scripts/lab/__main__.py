# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/cxl-lab starts the directory as a program."""

import sys
from pathlib import Path

# The package is in the directory above, and not what its own directory holds.
sys.path[0] = str(Path(__file__).resolve().parents[1])

if sys.version_info < (3, 11):
    sys.exit('cxl-lab: Python 3.11 or newer is needed; this is '
             f'{sys.version.split()[0]}.')

from lab.commands import main  # noqa: E402 pylint: disable=C0413

main()
