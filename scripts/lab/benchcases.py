# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that scripts/bench measures, as arguments of QEMU."""

# MiB
DEVICE_SIZE = 256


def backend(n: int, kind: str, size: int) -> str:
    """The memory of a device, in MiB."""
    if kind == 'file' or kind.startswith('pool'):
        return (f'memory-backend-file,id=m{n},share=on,size={size}M,'
                f'mem-path=%d/bench{n}')
    return f'memory-backend-ram,id=m{n},size={size}M'


def memory_device(n: int, port: str, kind: str, size: int) -> list[str]:
    """A type 3 device with serial number 100 + n below a port."""
    arguments = ['-object', backend(n, kind, size)]
    memory = 'volatile-memdev'
    extra = ''
    if kind == 'persistent':
        memory = 'persistent-memdev'
        extra = f',lsa=l{n}'
        arguments += ['-object', f'memory-backend-ram,id=l{n},size=1M']
    if kind.startswith('pool'):
        extra = f',pool=%d/bench{n}.pool,access={kind.partition(" ")[2]}'
    return arguments + ['-device', f'cxl-type3,id=t{n},bus={port},'
                                   f'{memory}=m{n},sn={100 + n}{extra}']


def bridges(count: int) -> list[str]:
    """Host bridges."""
    arguments: list[str] = []
    for i in range(count):
        arguments += ['-device', f'pxb-cxl,id=hb{i},bus=pcie.0,'
                                 f'bus_nr={32 + 48 * i}']
    return arguments


def window(targets: int, size: int, options: str = '') -> list[str]:
    """The window of so many bridges, in MiB."""
    text = ','.join(f'cxl-fmw.0.targets.{i}=hb{i}' for i in range(targets))
    return ['-M', f'{text},cxl-fmw.0.size={size}M{options}']


def root_ports(devices: int, hosts: int, kind: str = 'ram',
               options: str = '') -> list[str]:
    """Devices dealt out to bridges in turn; in order of their positions."""
    arguments = bridges(hosts)
    for n in range(devices):
        arguments += ['-device', f'cxl-rp,id=rp{n},bus=hb{n % hosts},'
                                 f'port={n // hosts},chassis=0,slot={n}']
        arguments += memory_device(n, f'rp{n}', kind, DEVICE_SIZE)
    return arguments + window(hosts, 4096, options)


def behind_switch(devices: int) -> list[str]:
    """Devices below one switch."""
    arguments = bridges(1) + [
        '-device', 'cxl-rp,id=rp0,bus=hb0,port=0,chassis=0,slot=0',
        '-device', 'cxl-upstream,id=us0,bus=rp0']
    for n in range(devices):
        arguments += ['-device', f'cxl-downstream,id=ds{n},bus=us0,port={n},'
                                 f'chassis=0,slot={n + 1}']
        arguments += memory_device(n, f'ds{n}', 'ram', DEVICE_SIZE)
    return arguments + window(1, 4096)


def switches(devices: int) -> list[str]:
    """A switch for each eight devices, and each on a bridge of its own."""
    hosts = max(1, devices // 8)
    arguments = bridges(hosts)
    for b in range(hosts):
        arguments += ['-device', f'cxl-rp,id=rp{b},bus=hb{b},port=0,'
                                 f'chassis=1,slot={b}',
                      '-device', f'cxl-upstream,id=us{b},bus=rp{b}']
    for n in range(devices):
        arguments += ['-device', f'cxl-downstream,id=ds{n},bus=us{n % hosts},'
                                 f'port={n // hosts},chassis=0,slot={n}']
        arguments += memory_device(n, f'ds{n}', 'ram', DEVICE_SIZE)
    return arguments + window(hosts, devices * DEVICE_SIZE)


EXACT = ',cxl-fmw.0.interleave-layout=exact'
CACHED = ['-M', 'cxl-coherency=software']

# Name, devices, arguments of QEMU, also with QEMU's own, in the quick subset
Case = tuple[str, int, list[str], bool, bool]
CASES: list[Case] = [
    ('1 device', 1, root_ports(1, 1), True, True),
    ('1 device, shared file', 1, root_ports(1, 1, 'file'), True, False),
    ('1 device, persistent', 1, root_ports(1, 1, 'persistent'), True, False),
    *((f'1 device, pool, {access}', 1, root_ports(1, 1, f'pool {access}'),
       False, False) for access in ('shared', 'exclusive', 'read-only')),
    ('2-way, 1 bridge', 2, root_ports(2, 1), True, True),
    ('4-way, 1 bridge', 4, root_ports(4, 1), True, False),
    ('8-way, 1 bridge', 8, root_ports(8, 1), True, False),
    ('4-way, 2 bridges', 4, root_ports(4, 2), True, False),
    ('4-way, switch', 4, behind_switch(4), True, False),
    ('2-way, 1 bridge, exact', 2, root_ports(2, 1, options=EXACT), False,
     True),
    ('4-way, 2 bridges, exact', 4, root_ports(4, 2, options=EXACT), False,
     False),
    ('1 device, cached', 1, root_ports(1, 1) + CACHED, False, True),
    ('2-way, 1 bridge, exact, cached', 2,
     root_ports(2, 1, options=EXACT) + CACHED, False, False),
    ('1 device, poisoned elsewhere', 1, root_ports(1, 1), False, False),
    ('2-way, 1 bridge, poisoned elsewhere', 2, root_ports(2, 1), False, False),
    ('2-way, 1 bridge, exact, poisoned elsewhere', 2,
     root_ports(2, 1, options=EXACT), False, False),
]
