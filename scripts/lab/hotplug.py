# SPDX-License-Identifier: GPL-2.0-or-later
"""CXL memory devices that come and go while a guest runs.

QEMU is told over QMP, and the guest is waited for: a device is attached when
Linux has a memdev for it, and detached when Linux has let go of it.
"""

import re
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Iterator, Mapping

from .guest import Guest
from .options import mebibytes
from .qmp import Qmp, QmpError, QmpTimeout
from .story import Failure, tell, visible

STEP = 256
# Linux gives the user five seconds to change their mind, and a busy host
# takes its time.
GUEST_SECONDS = 60
QMP_SECONDS = 20

# Memdevs by name, then whether Linux can make regions of them
LOOK = '''for mem in /sys/bus/cxl/devices/mem*; do
    [ ! -e $mem ] || echo ${mem##*/}
done
! grep -q -w hypervisor /proc/cpuinfo && [ $(uname -m) = x86_64 ] &&
    echo regions || true'''


def open_qmp(guest: Guest) -> Qmp:
    """A client of the guest's QEMU."""
    try:
        return guest.qmp(QMP_SECONDS)
    except (TimeoutError, QmpTimeout):
        raise Failure(f'QEMU of guest {guest.n} does not answer; another '
                      f'program may be connected to {guest.directory}/'
                      'qmp.sock.') from None
    except (OSError, QmpError) as error:
        raise Failure(f'QEMU of guest {guest.n} cannot be asked: '
                      f'{error}.') from None


def free_ports(ports: list[dict[str, Any]]) -> Iterator[str]:
    """The ids of ports with nothing below, in the order of query-cxl."""
    for port in ports:
        if 'switch' in port:
            yield from free_ports(port['switch']['ports'])
        elif 'device' not in port and port.get('id'):
            yield port['id']


def free_port(qmp: Qmp, guest: Guest) -> str:
    """Where a device can be attached."""
    for bridge in qmp.execute('query-cxl')['host-bridges']:
        for name in free_ports(bridge['ports']):
            return name
    raise Failure(f'guest {guest.n} has no free CXL port; detach a device '
                  'first, or start a lab with more ports after "--".')


def names(qmp: Qmp) -> set[str]:
    """All ids of devices and objects."""
    return {entry['name'] for path in ('/machine/peripheral', '/objects')
            for entry in qmp.execute('qom-list', path=path)}


def backend(what: str) -> dict[str, Any]:
    """Arguments of a memory backend: so much memory of the guest's own, or a
    file that others may share."""
    if re.fullmatch('[1-9][0-9]*[MG]', what):
        size = mebibytes(what)
        words: dict[str, Any] = {'qom-type': 'memory-backend-ram'}
    else:
        file = Path(what).absolute()
        if not file.is_file():
            raise Failure(f'"{what}" is neither a size such as 512M nor a '
                          'file.')
        size, rest = divmod(file.stat().st_size, 1 << 20)
        size = 0 if rest else size
        words = {'qom-type': 'memory-backend-file', 'mem-path': str(file)}
    if not size or size % STEP:
        raise Failure(f'the size of "{what}" is no multiple of {STEP}M, as '
                      'that of CXL memory is.')
    return words | {'size': size << 20, 'share': True}


def look(guest: Guest) -> tuple[set[str], bool]:
    """The guest's memdevs, and whether Linux can make regions of them; no
    memdev where nobody answers."""
    done = guest.ssh(LOOK)
    found = set(visible(done.stdout).split()) if not done.returncode else set()
    return found - {'regions'}, 'regions' in found


def add(qmp: Qmp, what: str, port: str,
        properties: Mapping[str, str | int]) -> str:
    """Makes QEMU's part; returns the device's id."""
    arguments = backend(what)
    taken = names(qmp)
    name = next(name for n in range(1, 1000)
                if (name := f'attached{n}') not in taken)
    try:
        qmp.execute('object-add', id=f'{name}-memory', **arguments)
        try:
            qmp.execute('device_add', driver='cxl-type3', bus=port, id=name,
                        **{'volatile-memdev': f'{name}-memory'}, **properties)
        except QmpError:
            qmp.execute('object-del', id=f'{name}-memory')
            raise
    except QmpError as error:
        raise refused(error) from None
    return name


def refused(error: QmpError) -> Failure:
    """QEMU's own words, some of which end with full stops."""
    return Failure(f'QEMU refuses it: {visible(str(error)).rstrip(".")}.')


def attach(guest: Guest, what: str,
           properties: Mapping[str, str | int] = MappingProxyType({})) -> None:
    """A device more for a guest, with these properties besides."""
    before, _ = look(guest)
    with open_qmp(guest) as qmp:
        port = free_port(qmp, guest)
        name = add(qmp, what, port, properties)
    tell(f'{name} is at port {port} of guest {guest.n}; waiting for Linux')
    begin = time.monotonic()
    new: set[str] = set()
    regions = False
    while not new:
        if time.monotonic() > begin + GUEST_SECONDS:
            raise Failure(f'Linux in guest {guest.n} has not taken it within '
                          f'{GUEST_SECONDS} seconds; "scripts/cxl-lab '
                          f'detach {guest.n} {name}" takes it away again.')
        time.sleep(0.2)
        after, regions = look(guest)
        new = after - before
    memdev = min(new)
    tell(f'Linux has it as {memdev} ({time.monotonic() - begin:.1f} s)')
    if regions:
        # The lab's own port leads to the window that is free for it.
        window = '-d decoder0.1 ' if port == 'spare0' else ''
        tell('make a region of it: scripts/cxl-lab ssh '
             f'{of_lab(guest)}{guest.n} cxl create-region -m -t ram '
             f'{window}-w 1 {memdev}')
    else:
        tell('Linux makes no region of it here; it does on x86_64 with '
             '--setup os')


def of_lab(guest: Guest) -> str:
    """The option that names the lab, if that is needed."""
    return '' if guest.lab == 'lab' else f'--name {guest.lab} '


def detach(guest: Guest, name: str) -> None:
    """A device less."""
    before, _ = look(guest)
    begin = time.monotonic()
    with open_qmp(guest) as qmp:
        try:
            qmp.execute('device_del', id=name)
        except QmpError as error:
            raise refused(error) from None
        tell(f'guest {guest.n} was asked to let go of {name}; waiting for '
             'Linux')
        wait_for_removal(qmp, guest, name)
        tell(f'{name} is gone ({time.monotonic() - begin:.1f} s)')
        memory = f'{name}-memory'
        if memory in names(qmp):
            qmp.execute('object-del', id=memory)
    after, _ = look(guest)
    if before - after:
        tell(f'Linux has {", ".join(sorted(before - after))} no more')


def wait_for_removal(qmp: Qmp, guest: Guest, name: str) -> None:
    """Until QEMU says what became of it."""
    def of_device(event: dict[str, Any]) -> bool:
        return event['event'] in ('DEVICE_DELETED',
                                  'DEVICE_UNPLUG_GUEST_ERROR') and \
            event['data'].get('device') == name
    event = qmp.event(of_device, GUEST_SECONDS)
    if not event:
        raise Failure(f'Linux in guest {guest.n} has not let go of {name} '
                      f'within {GUEST_SECONDS} seconds; "dmesg" there may '
                      'say why.')
    if event['event'] != 'DEVICE_DELETED':
        raise Failure(f'Linux in guest {guest.n} refuses to let go of '
                      f'{name}.')
