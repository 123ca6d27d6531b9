# SPDX-License-Identifier: GPL-2.0-or-later
"""CXL memory devices that come and go while a guest runs.

QEMU is told over QMP, and the guest is waited for: a device is attached when
Linux has a memdev for it, and detached when Linux has let go of it.
"""

import re
import time
from dataclasses import dataclass, field
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
GUEST_SECONDS = 180
QMP_SECONDS = 60

# Memdevs by name; where DAX devices are that serve as RAM; whether Linux can
# make regions
LOOK = '''for mem in /sys/bus/cxl/devices/mem*; do
    [ ! -e $mem ] || echo ${mem##*/}
done
for dax in /sys/bus/dax/drivers/kmem/dax*; do
    [ ! -e $dax ] || echo ram $(cat $dax/resource $dax/size)
done
! grep -q -w hypervisor /proc/cpuinfo && [ $(uname -m) = x86_64 ] &&
    echo regions || true'''
# The number of bytes from $1, $2 of them, that are RAM
ONLINE = '''cd /sys/devices/system/memory
block=$((0x$(cat block_size_bytes)))
i=$(($1 / block)) end=$((($1 + $2) / block)) count=0
while [ $i -lt $end ]; do
    ! grep -q -x online memory$i/state 2>/dev/null || count=$((count + 1))
    i=$((i + 1))
done
echo $((count * block))'''


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


@dataclass
class Look:
    """What Linux has: memdevs, ranges of DAX devices that serve as RAM, and
    whether it can make regions. Nothing where nobody answers."""
    answered: bool = False
    memdevs: set[str] = field(default_factory=set)
    ram: set[tuple[str, str]] = field(default_factory=set)
    regions: bool = False


def look(guest: Guest) -> Look:
    """At a guest, by its ssh."""
    done = guest.ssh(LOOK)
    if done.returncode:
        return Look()
    return looked_at(visible(done.stdout).splitlines())


def looked_at(lines: list[str]) -> Look:
    """Of what LOOK prints."""
    words = [line.split() for line in lines]
    return Look(True, {line[0] for line in words if len(line) == 1} -
                {'regions'},
                {(line[1], line[2]) for line in words
                 if len(line) == 3 and line[0] == 'ram'},
                ['regions'] in words)


def add(qmp: Qmp, arguments: dict[str, Any], port: str,
        properties: Mapping[str, str | int]) -> str:
    """Makes QEMU's part with a memory backend; returns the device's id."""
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
    memory = backend(what)
    before = look(guest).memdevs
    with open_qmp(guest) as qmp:
        port = free_port(qmp, guest)
        name = add(qmp, memory, port, properties)
    tell(f'{name} is at port {port} of guest {guest.n}; waiting for Linux')
    begin = time.monotonic()
    now = Look()
    while not now.memdevs - before:
        if time.monotonic() > begin + GUEST_SECONDS:
            raise Failure(f'Linux in guest {guest.n} has not taken it within '
                          f'{GUEST_SECONDS} seconds; "scripts/cxl-lab '
                          f'detach {guest.n} {name}" takes it away again.')
        time.sleep(0.2)
        now = look(guest)
    memdev = min(now.memdevs - before)
    tell(f'Linux has it as {memdev} ({time.monotonic() - begin:.1f} s)')
    if now.regions:
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
    """A device less; also one that was asked for before."""
    before = look(guest)
    begin = time.monotonic()
    with open_qmp(guest) as qmp:
        try:
            ask_to_let_go(qmp, name)
        except QmpError as error:
            raise refused(error) from None
        if name in names(qmp):
            tell(f'guest {guest.n} was asked to let go of {name}; waiting for '
                 'Linux')
            wait_for_removal(qmp, guest, name)
        tell(f'{name} is gone ({time.monotonic() - begin:.1f} s)')
        memory = f'{name}-memory'
        if memory in names(qmp):
            qmp.execute('object-del', id=memory)
    tell_what_is_gone(guest, before, look(guest))


def ask_to_let_go(qmp: Qmp, name: str) -> None:
    """Unless somebody has asked already and did not stay to see the end: then
    the device is on its way, or has left its memory."""
    try:
        qmp.execute('device_del', id=name)
    except QmpError as error:
        known = names(qmp)
        left = name not in known and f'{name}-memory' in known
        if not left and 'in the process of unplug' not in str(error):
            raise


def tell_what_is_gone(guest: Guest, before: Look, after: Look) -> None:
    """What Linux has no more; and RAM that it cannot do without."""
    if not after.answered:
        if before.answered:
            tell(f'Linux in guest {guest.n} does not answer any more')
        return
    gone = before.memdevs - after.memdevs
    if gone:
        tell(f'Linux has {", ".join(sorted(gone))} no more')
    for start, size in sorted(before.ram - after.ram):
        online = guest.ssh(f'set -- {start} {size}\n{ONLINE}')
        used = number(visible(online.stdout))
        if used:
            tell(f'Linux goes on using {used >> 20} MiB of it as RAM, which '
                 'is not there any more: restart guest '
                 f'{guest.n}. Next time, take it back first ("daxctl '
                 'reconfigure-device --mode=devdax --force daxX.Y" there)')


def number(text: str) -> int:
    """Of a line of digits; of anything else 0."""
    return int(text) if re.fullmatch('[0-9]{1,20}\n?', text) else 0


def wait_for_removal(qmp: Qmp, guest: Guest, name: str) -> None:
    """Until QEMU says what became of it."""
    def of_device(event: dict[str, Any]) -> bool:
        return event['event'] in ('DEVICE_DELETED',
                                  'DEVICE_UNPLUG_GUEST_ERROR') and \
            event['data'].get('device') == name
    deadline = time.monotonic() + GUEST_SECONDS
    while not (event := qmp.event(of_device, 1)):
        if name not in names(qmp):
            # The event came before there was anybody to see it.
            return
        if time.monotonic() > deadline:
            raise Failure(f'Linux in guest {guest.n} has not let go of {name} '
                          f'within {GUEST_SECONDS} seconds; "dmesg" there may '
                          'say why.')
    if event['event'] != 'DEVICE_DELETED':
        raise Failure(f'Linux in guest {guest.n} refuses to let go of '
                      f'{name}.')
