# SPDX-License-Identifier: GPL-2.0-or-later
"""What has to be there before guests can start, on the first run: QEMU."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import Iterator

from . import host
from .options import Options, pick
from .paths import BUILD, ROOT
from .process import interrupt, run
from .story import Failure, Said, tell

# All host packages at once and before anything else, so that one at a time
# asks for root and the user sees what for
NEED_PACKAGES = """
source "$CXL_ROOT/scripts/lib/qemu.sh"
mapfile -t packages < <(cxl_guest_host_packages "$@")
cxl_host_packages "${QEMU_HOST_PACKAGES[@]}" "${packages[@]}"
"""

MAKE_IMAGES = """
while (($#)); do
    cxl_guest_image "$1" "$2"
    shift 2
done
"""


def images(options: Options) -> list[tuple[str, str]]:
    """Architectures and kernels of the guests; none with the user's own
    files, or where there are no packages to make them of."""
    if options.initrd or not shutil.which('apt-get'):
        return []
    count = max(options.count, options.arch.count(',') + 1,
                options.kernel.count(',') + 1)
    return list(dict.fromkeys(
        (host.architecture(pick(options.arch, n)), pick(options.kernel, n))
        for n in range(1, count + 1)))


@contextmanager
def making_images(wanted: list[tuple[str, str]]) -> Iterator[None]:
    """Makes them while something else goes on that leaves processors idle for
    a part of its time; what it has to say is told at the end."""
    if not wanted:
        yield
        return
    words = [word for image in wanted for word in image]
    with tempfile.TemporaryFile('w+', encoding='utf-8') as output:
        process = host.begin(MAKE_IMAGES, output, *words)
        try:
            yield
        except BaseException:
            interrupt(process)
            raise
        status = process.wait()
        output.seek(0)
        text = output.read().rstrip('\n')
    if text:
        tell(text)
    if status:
        raise Said(f'bash ended with status {status}')


def need_qemu(options: Options) -> None:
    """Builds QEMU, unless it is there or somebody else's: for the guests that
    are asked for, since that takes two thirds of the time of all."""
    arches = list(dict.fromkeys(map(host.architecture,
                                    options.arch.split(','))))
    missing = [arch for arch in arches
               if not os.access(options.qemu / f'qemu-system-{arch}', os.X_OK)]
    if not missing:
        return
    if options.qemu != BUILD:
        raise Failure(f'{options.qemu} has no qemu-system-{missing[0]}.')
    wanted = images(options)
    if wanted:
        host.call(NEED_PACKAGES, *arches)
    words = [word for arch in missing for word in ('--only', arch)]
    with making_images(wanted):
        if run([ROOT / 'scripts/build', *words]):
            raise Failure('QEMU was not built; the messages above say why.')
