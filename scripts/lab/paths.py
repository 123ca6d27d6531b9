# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build'
LABS = BUILD / 'lab'
KEY = LABS / '.ssh' / 'id_ed25519'
