# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: persistent files survive kill, power-off, reboot, other kernels

The same command makes what is not there, and finds what is.
"""

from framework import (ALONE, Scenario, expect, is_killed, kernel_is_calm,
                       powers_off, reboots, refuse, same, test)

# Linux 6.1 takes a bridge with one root port for one without decoders.
DEVICES = [
    '-object', 'memory-backend-file,id=pmem0,share=on,mem-path=%d/pmem,'
    'size=512M',
    '-object', 'memory-backend-file,id=lsa0,share=on,mem-path=%d/lsa,'
    'size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,bus=port0,persistent-memdev=pmem0,lsa=lsa0,'
    'id=cxl-pmem0,sn=0x1',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G']

MOUNTED = '^/dev/pmem0 /mnt ext4 .*dax'


@test('cxl list shows the memdev')
def memdev(s: Scenario) -> None:
    """With size and serial number."""
    shown = s.guest(1, 'cxl list -M')
    expect(shown, '"pmem_size":536870912')
    expect(shown, r'"serial":1\b')


@test('region, namespace and file system are made', needed=True)
def made(s: Scenario) -> None:
    """Where there is nothing."""
    shown = s.guest(1, 'cd /root; ./pmem_fs.sh 2>&1')
    expect(shown, 'ndctl create-namespace')
    expect(shown, MOUNTED)


@test('another kernel finds the namespace', needed=True)
def found(s: Scenario) -> None:
    """And makes nothing."""
    shown = s.guest(1, 'cd /root; ./pmem_fs.sh 2>&1')
    refuse(shown, 'create-namespace|mkfs')
    expect(shown, MOUNTED)


@test('a file is written', needed=True)
def write(s: Scenario, file: str) -> None:
    """32 MiB, whose checksum the host remembers."""
    text = s.guest(1, f'''head -c 33554432 /dev/urandom |
            dd of=/mnt/{file} bs=1M conv=fsync 2>/dev/null
        sha256sum /mnt/{file}''')
    (s.directory / f'{file}.sum').write_text(text, encoding='utf-8')


@test('the file is the same')
def read(s: Scenario, *files: str) -> None:
    """As the host remembers."""
    for file in files:
        shown = s.guest(1, f'sha256sum /mnt/{file}')
        expect(shown, '^[0-9a-f]{64}  ')
        same(shown, (s.directory / f'{file}.sum').read_text('utf-8'))


def boot(s: Scenario, kernel: str) -> None:
    """Once more, with the same memory."""
    s.up(1, *ALONE, '--bare', '--kernel', kernel, '--', *DEVICES)


def kernels(s: Scenario) -> tuple[str, str]:
    """The one that was asked for, and a different one."""
    first = s.option('--kernel', '6.12')
    other = '6.12' if first == 'newest' else 'newest'
    if not s.images('--kernel', other):
        s.skip('another kernel cannot be fetched')
        other = first
    return first, other


def run(s: Scenario) -> None:
    """The tests in their order."""
    first, other = kernels(s)
    both = read.named('both files are the same')
    boot(s, first)
    memdev(s)
    made(s)
    write(s, 'first')
    is_killed.must()(s)

    boot(s, other)
    found(s)
    read(s, 'first')
    write.named('another file is written')(s, 'second')
    kernel_is_calm(s)
    powers_off.must()(s)

    boot(s, first)
    found.named('the first kernel finds the namespace')(s)
    both(s, 'first', 'second')
    reboots.must()(s)
    found.named('the namespace is there after a reboot')(s)
    read.named('so are the files')(s, 'first', 'second')
    kernel_is_calm(s)
