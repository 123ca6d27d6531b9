# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest each: command lines of run_qemu and QEMU's documents

Linux finds what they say, and makes regions of it.
"""

from typing import Sequence

import cxl_list
from framework import Scenario, expect, kernel_is_calm, same, test

PERSISTENT = '0 volatile, 268435456 persistent, 8 decoders'
VOLATILE = '268435456 volatile, 0 persistent, 8 decoders'
# Linux keeps a copy of each device's labels, 256 MiB of them in some machines.
LARGE = ('--memory', '4G')


def files(labels: str) -> list[str]:
    """Four backends in files, and label storage of that size."""
    words = []
    for n in range(4):
        for name, file, size in (('mem', 'cxltest', '256M'),
                                 ('lsa', 'lsa', labels)):
            words += ['-object', f'memory-backend-file,id=cxl-{name}{n},'
                      f'share=on,mem-path=%d/{file}{n}.raw,size={size}']
    return words


def device(*words: str) -> list[str]:
    """One -device for each."""
    return [part for word in words for part in ('-device', word)]


def run_qemu_line() -> list[str]:
    """Two bridges, a switch below each, four devices."""
    words = files('128K') + device(
        'pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53',
        'pxb-cxl,id=cxl.1,bus=pcie.0,bus_nr=191')
    for n in range(4):
        words += device(f'cxl-rp,id=hb{n // 2}rp{n % 2},bus=cxl.{n // 2},'
                        f'chassis=0,slot={n},port={n % 2}')
    for n, serial in enumerate((12345678, 12341234)):
        words += device(
            f'cxl-upstream,port=4,bus=hb{n}rp0,id=cxl-up{n},'
            f'multifunction=on,addr=0.0,sn={serial}',
            f'cxl-switch-mailbox-cci,bus=hb{n}rp0,addr=0.1,target=cxl-up{n}')
    for n in range(8):
        words += device(f'cxl-downstream,port={n % 4},bus=cxl-up{n // 4},'
                        f'id=swport{n},chassis=0,slot={n + 4}')
    for n in range(4):
        kind = 'persistent' if n < 2 else 'volatile'
        words += device(f'cxl-type3,bus=swport{n * 2},{kind}-memdev=cxl-mem{n}'
                        f',id=cxl-{kind[0]}mem{n},lsa=cxl-lsa{n}')
    return words + [
        '-M', 'cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,'
        'cxl-fmw.0.interleave-granularity=8k,cxl-fmw.1.targets.0=cxl.0,'
        'cxl-fmw.1.targets.1=cxl.1,cxl-fmw.1.size=4G,'
        'cxl-fmw.1.interleave-granularity=8k']


RUN_QEMU = f'''window 0: 4294967296 bytes, 1 way, bridges 53
window 1: 4294967296 bytes, 2 ways of 8192, bridges 53 191
bridge 53: behind ports 0, 8 decoders
bridge 191: behind ports 0, 8 decoders
switch 53.0: behind ports 0 2, 8 decoders
switch 191.0: behind ports 0 2, 8 decoders
device 53.0.0: {PERSISTENT}
device 53.0.2: {PERSISTENT}
device 191.0.0: {VOLATILE}
device 191.0.2: {VOLATILE}'''


def bridges_line() -> list[str]:
    """Two bridges with two devices each."""
    words = files('256M') + device('pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
                                   'pxb-cxl,bus_nr=222,bus=pcie.0,id=cxl.2')
    for n, slot in enumerate((2, 3, 5, 6)):
        words += device(
            f'cxl-rp,port={n % 2},bus=cxl.{n // 2 + 1},id=root_port{n},'
            f'chassis=0,slot={slot}',
            f'cxl-type3,bus=root_port{n},persistent-memdev=cxl-mem{n},'
            f'lsa=cxl-lsa{n},id=cxl-pmem{n}')
    return words + ['-M', 'cxl-fmw.0.targets.0=cxl.1,'
                    'cxl-fmw.0.targets.1=cxl.2,cxl-fmw.0.size=4G,'
                    'cxl-fmw.0.interleave-granularity=8k']


BRIDGES = f'''window 0: 4294967296 bytes, 2 ways of 8192, bridges 12 222
bridge 12: behind ports 0 1, 8 decoders
bridge 222: behind ports 0 1, 8 decoders
device 12.0: {PERSISTENT}
device 12.1: {PERSISTENT}
device 222.0: {PERSISTENT}
device 222.1: {PERSISTENT}'''

BRIDGES_REGION = '''
decoder 12: 2 ways of 16384, 1073741824 bytes, ports 0 1
decoder 222: 2 ways of 16384, 1073741824 bytes, ports 0 1
decoder 12.0: 4 ways of 8192, 1073741824 bytes
decoder 12.1: 4 ways of 8192, 1073741824 bytes
decoder 222.0: 4 ways of 8192, 1073741824 bytes
decoder 222.1: 4 ways of 8192, 1073741824 bytes'''


def switch_line() -> list[str]:
    """One switch with four devices."""
    words = files('256M') + device(
        'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
        'cxl-rp,port=0,bus=cxl.1,id=root_port0,chassis=0,slot=0',
        'cxl-rp,port=1,bus=cxl.1,id=root_port1,chassis=0,slot=1',
        'cxl-upstream,bus=root_port0,id=us0')
    for n in range(4):
        words += device(
            f'cxl-downstream,port={n},bus=us0,id=swport{n},chassis=0,'
            f'slot={n + 4}',
            f'cxl-type3,bus=swport{n},persistent-memdev=cxl-mem{n},'
            f'lsa=cxl-lsa{n},id=cxl-pmem{n}')
    return words + ['-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G,'
                    'cxl-fmw.0.interleave-granularity=4k']


SWITCH = f'''window 0: 4294967296 bytes, 1 way, bridges 12
bridge 12: behind ports 0, 8 decoders
switch 12.0: behind ports 0 1 2 3, 8 decoders
device 12.0.0: {PERSISTENT}
device 12.0.1: {PERSISTENT}
device 12.0.2: {PERSISTENT}
device 12.0.3: {PERSISTENT}'''

SWITCH_REGION = '''
decoder 12: 1 way, 1073741824 bytes, ports 0
decoder 12.0: 4 ways of 4096, 1073741824 bytes, ports 0 1 2 3
decoder 12.0.0: 4 ways of 4096, 1073741824 bytes
decoder 12.0.1: 4 ways of 4096, 1073741824 bytes
decoder 12.0.2: 4 ways of 4096, 1073741824 bytes
decoder 12.0.3: 4 ways of 4096, 1073741824 bytes'''


@test('{what}: cxl list shows it')
def listed(s: Scenario, what: str, wanted: str) -> None:
    """All of it, by place."""
    # pylint: disable=unused-argument
    same(cxl_list.lines_of(s.guest(1, 'cxl list -BPEMDTi')),
         sorted(wanted.splitlines()))


def serial_of(name: str) -> int:
    """The serial number of a device without sn=: FNV-1a of its id."""
    number = 0xcbf29ce484222325
    for byte in f'id:{name}'.encode():
        number = (number ^ byte) * 0x100000001b3 % (1 << 64)
    return number


@test('{what}: a persistent region of 4 ways')
def region(s: Scenario, what: str, granularity: int,
           ids: Sequence[str]) -> None:
    """In the order of positions. Without -g, cxl takes the window's
    granularity, and that is 256 to Linux for any window with one target."""
    # pylint: disable=unused-argument
    names = ' '.join(f'{serial_of(name):#x}' for name in ids)
    s.guest(1, f'''mem() {{
            for mem in /sys/bus/cxl/devices/mem*; do
                ! grep -q -x $1 $mem/serial || basename $mem
            done
        }}
        cxl create-region -m -t pmem -d decoder0.0 -g {granularity} \
            -w {len(ids)} $(for s in {names}; do mem $s; done) \
            >/dev/null''')
    expect(s.guest(1, 'cxl list -R'), '"decode_state":"commit"')


@test('{what}: the kernel has seen no warning')
def calm(s: Scenario, what: str) -> None:
    """As in other scenarios."""
    # pylint: disable=unused-argument
    kernel_is_calm.body(s, 1)


@test('{what}: a namespace over its two persistent devices')
def namespace(s: Scenario, what: str) -> None:
    """Which needs label storage, and serial numbers that are not zero."""
    # pylint: disable=unused-argument
    serials = ' '.join(f'{serial_of(f"cxl-pmem{n}"):#x}' for n in (0, 1))
    expect(s.guest(1, f'''cd /sys/bus/cxl/devices
        mems=
        for serial in {serials}; do
            for mem in mem*; do
                ! grep -q -x $serial $mem/serial || mems="$mems $mem"
            done
        done
        cxl create-region -m -t pmem -d decoder0.0 -w 2 $mems >/dev/null
        ndctl create-namespace -m fsdax -r region0
        mkfs.ext4 -q -b 4096 /dev/pmem0
        mount -t ext4 /dev/pmem0 /mnt
        head -c 4194304 /dev/urandom >/mnt/file
        sum=$(sha256sum </mnt/file)
        umount /mnt
        mount -t ext4 /dev/pmem0 /mnt
        test "$sum" = "$(sha256sum </mnt/file)"
        umount /mnt'''), '"mode":"fsdax"')


def run_qemu(s: Scenario, kernel: str) -> None:
    """run_qemu's lines as they are, on a kernel."""
    what = f'run_qemu, Linux {kernel}'
    if not s.images('--kernel', kernel):
        s.skip(f'{what}: the kernel cannot be fetched')
        return
    s.another_lab('run_qemu')
    s.up(1, *LARGE, '--kernel', kernel, '--bare', '--', *run_qemu_line())
    listed(s, what, RUN_QEMU)
    calm(s, what)
    namespace(s, what)
    calm.named('{what}: nor with a namespace')(s, what)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order, with a lab for each line."""
    for kernel in '6.12', 'newest':
        run_qemu(s, kernel)
    for what, line, found, made, granularity, order in (
            ('two bridges', bridges_line(), BRIDGES, BRIDGES_REGION, 8192,
             (0, 2, 1, 3)),
            ('switch', switch_line(), SWITCH, SWITCH_REGION, 4096,
             (0, 1, 2, 3))):
        s.another_lab(what.replace(' ', '-'))
        s.up(1, *LARGE, '--bare', '--', *line)
        listed(s, what, found)
        region(s, what, granularity, [f'cxl-pmem{n}' for n in order])
        listed.named('{what}: cxl list shows its decoders')(s, what,
                                                            found + made)
        calm(s, what)
        s.down()
