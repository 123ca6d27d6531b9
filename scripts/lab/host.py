# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done in bash: packages of the host and the guest's image.

scripts/lib/*.sh are lists of commands, which bash does better. They are
called here, with their messages going where this program's go.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .paths import KEY, ROOT
from .process import run
from .story import Failure, Said

LIBRARIES = """
set -euo pipefail
CXL_ROOT=$1 result=$2
shift 2
for library in common apt guest-image; do
    source "$CXL_ROOT/scripts/lib/$library.sh"
done
"""


def command(script: str, result: str, *words: str) -> list[str]:
    """Lines of bash that know scripts/lib and "$result", as a command."""
    return ['bash', '-c', LIBRARIES + script, 'cxl-lab', str(ROOT), result,
            *words]


def begin(script: str, output: IO[str],
          *words: str) -> 'subprocess.Popen[bytes]':
    """Starts such lines; the caller waits for their end."""
    # pylint: disable=consider-using-with # the caller waits
    return subprocess.Popen(command(script, os.devnull, *words),
                            stdin=subprocess.DEVNULL, stdout=output,
                            stderr=subprocess.STDOUT)


def call(script: str, *words: str) -> str:
    """Runs such lines; returns what they write to the file "$result". A
    failure has been told by then."""
    with tempfile.NamedTemporaryFile('r', encoding='utf-8') as result:
        status = run(command(script, result.name, *words))
        if status:
            raise Said(f'bash ended with status {status}')
        return result.read()


def need_packages(*packages: str) -> None:
    """Installs those that the host lacks, after saying which."""
    call('cxl_host_packages "$@"', *packages)


def need_key() -> None:
    """The ssh key of this build, made once."""
    if not KEY.exists():
        call('cxl_guest_key')


def architecture(name: str) -> str:
    """QEMU's name of an architecture that Debian or QEMU has named so."""
    for known in ('x86_64', 'amd64'), ('aarch64', 'arm64'):
        if name in known:
            return known[0]
    raise Failure(f'there are no guests of architecture "{name}"; choose '
                  'x86_64 or aarch64.')


@dataclass(frozen=True)
class Image:
    """What a guest boots from."""
    kernel: str
    initrd: str
    release: str


def image(arch: str, kernel: str, initrd: str = '') -> Image:
    """The user's files; or the guest's image, assembled unless it is there."""
    if initrd:
        name = Path(kernel).name.removeprefix('vmlinuz-').replace(' ', '_')
        return Image(kernel, initrd, name)
    if not shutil.which('apt-get'):
        raise Failure('guests are made of Debian packages, for which this host '
                      'has no apt; give --kernel FILE and --initrd FILE.')
    words = call('cxl_guest_image "$@"; printf "%s\\n" "$CXL_GUEST_VMLINUZ" '
                 '"$CXL_GUEST_INITRD" "$CXL_GUEST_RELEASE" >"$result"',
                 arch, kernel)
    return Image(*words.splitlines())


# The least that a guest can do and QEMU can tell: the code, at the address
# where its processor begins, what QEMU ends with, and the machine
PROBES = {
    # At the reset vector, 16 bytes before the end of the ROM:
    # mov al, 42; out 0xf4, al; hlt.  QEMU exits with 42 * 2 + 1.
    'x86_64': (bytes(65520) + b'\xb0\x2a\xe6\xf4\xf4\xeb\xfd' + bytes(9), 85,
               ['-machine', 'q35', '-cpu', 'max,hypervisor=off', '-device',
                'isa-debug-exit,iobase=0xf4,iosize=1']),
    # mov w0, #0x84000008 (SYSTEM_OFF); hvc #0; b .
    'aarch64': (b'\x00\x01\x80\x52\x00\x80\xb0\x72\x02\x00\x00\xd4'
                b'\x00\x00\x00\x14', 0, ['-machine', 'virt', '-cpu', 'max']),
}


def kvm_works(qemu: Path, arch: str) -> bool:
    """Whether KVM runs a few instructions of a guest, which a /dev/kvm that
    can be opened does not promise. Whether it runs Linux is seen when that
    boots (labs.py)."""
    code, wanted, options = PROBES[arch]
    with tempfile.NamedTemporaryFile() as probe:
        probe.write(code)
        probe.flush()
        command = ['bash', '-c', 'ulimit -c 0; exec "$@"', 'probe', str(qemu),
                   '-accel', 'kvm', *options, '-bios', probe.name, '-nic',
                   'none', '-display', 'none', '-serial', 'none', '-monitor',
                   'none']
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=10,
                                  check=False).returncode == wanted
        except subprocess.TimeoutExpired:
            return False


_ACCELERATORS: dict[tuple[Path, str], str] = {}


def accelerator(qemu: Path, arch: str) -> str:
    """KVM where it works."""
    key = qemu, arch
    if key not in _ACCELERATORS:
        usable = platform.machine() == arch and \
            os.access('/dev/kvm', os.W_OK) and kvm_works(qemu, arch)
        _ACCELERATORS[key] = 'kvm' if usable else 'tcg'
    return _ACCELERATORS[key]


def distrust_kvm() -> None:
    """KVM ran a few instructions and no guest."""
    for key in _ACCELERATORS:
        _ACCELERATORS[key] = 'tcg'
