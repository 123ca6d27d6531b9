# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: namespaces of all modes; label storage read, written and zeroed

Also of a volatile device, for which the labels mean nothing.
"""

from framework import (ALONE, MEM, Scenario, expect, kernel_is_calm, refuse,
                       same, test)

# Linux 6.1 takes a bridge with one root port for one without decoders.
DEVICES = [
    '-object', 'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,'
    'size=512M',
    '-object', 'memory-backend-file,id=lsa1,share=on,mem-path=%d/lsa1,'
    'size=128K',
    '-object', 'memory-backend-ram,id=vmem,share=on,size=256M',
    '-object', 'memory-backend-file,id=lsa2,share=on,mem-path=%d/lsa2,'
    'size=4K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,bus=port0,persistent-memdev=pmem,lsa=lsa1,sn=0x1',
    '-device', 'cxl-type3,bus=port1,volatile-memdev=vmem,lsa=lsa2,sn=0x2',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G']


@test('a region of persistent memory', needed=True)
def region(s: Scenario) -> None:
    """Of the first device."""
    expect(s.guest(1, MEM + '''cd /root
        ./create_region.sh -t pmem $(mem 1)'''), '^region0 is ready')


@test('a namespace for DAX files', needed=True)
def namespace(s: Scenario, mode: str, size: str) -> None:
    """In the labels."""
    expect(s.guest(1, f'ndctl create-namespace -m {mode} -s {size} '
                   '-r region0'), f'"mode":"{mode}"')


def listed(s: Scenario) -> str:
    """All namespaces."""
    return s.guest(1, 'ndctl list -N -r region0')


@test('DAX files keep their content')
def fsdax(s: Scenario) -> None:
    """Written with DAX, read through the page cache."""
    s.guest(1, '''mkfs.ext4 -q -b 4096 /dev/pmem0
        mount -t ext4 -o dax /dev/pmem0 /mnt
        head -c 4194304 /dev/urandom >/tmp/fsdax
        cp /tmp/fsdax /mnt/fsdax
        umount /mnt
        mount -t ext4 /dev/pmem0 /mnt
        cmp /tmp/fsdax /mnt/fsdax
        umount /mnt''')


@test('programs map their namespace')
def devdax(s: Scenario) -> None:
    """A character device."""
    s.guest(1, '''dax=$(basename /dev/dax0.*)
        ./daxwriter -d /dev/$dax -o 8192 "in a namespace"
        ./daxreader -d /dev/$dax -o 8192 | grep -x "in a namespace"
        ./memstress -s 16M /dev/$dax''')


@test('sectors keep their content')
def sector(s: Scenario) -> None:
    """A block device whose sectors are written as a whole or not at all."""
    s.guest(1, '''head -c 4194304 /dev/urandom >/tmp/sector
        dd if=/tmp/sector of=/dev/pmem0.2s bs=64k conv=fsync
        echo 3 >/proc/sys/vm/drop_caches
        head -c 4194304 /dev/pmem0.2s | cmp - /tmp/sector
        mkfs.ext4 -q /dev/pmem0.2s
        mount -t ext4 /dev/pmem0.2s /mnt
        cp /tmp/sector /mnt/sector
        umount /mnt
        mount -t ext4 /dev/pmem0.2s /mnt
        cmp /tmp/sector /mnt/sector
        umount /mnt''')


@test('three namespaces are listed')
def remember(s: Scenario) -> None:
    """The host keeps the list."""
    text = listed(s)
    (s.directory / 'namespaces').write_text(text, encoding='utf-8')
    same(sum('"dev":' in line for line in text.splitlines()), 3)


@test('region and memdev go away', needed=True)
def away(s: Scenario) -> None:
    """The memdev without region and driver, so that labels are free."""
    s.guest(1, MEM + '''
        cxl disable-region region0
        cxl destroy-region region0
        cxl disable-memdev -f $(mem 1)''')


@test('the namespaces are there again')
def back(s: Scenario) -> None:
    """Namespaces and their content are what they were."""
    s.guest(1, MEM + '''cxl enable-memdev $(mem 1)
        i=0
        until [ -e /sys/bus/nd/devices/nmem* ] || [ $i = 600 ]; do
            sleep 0.1
            i=$((i + 1))
        done''')
    region.body(s)
    same(listed(s), (s.directory / 'namespaces').read_text('utf-8'))
    s.guest(1, '''mount -t ext4 /dev/pmem0 /mnt
        cmp /tmp/fsdax /mnt/fsdax
        umount /mnt
        mount -t ext4 /dev/pmem0.2s /mnt
        cmp /tmp/sector /mnt/sector
        umount /mnt
        ./daxreader -d /dev/dax0.* -o 8192''')


@test('labels are read, written, zeroed and put back')
def whole(s: Scenario) -> None:
    """The whole of it, out, over it, and back."""
    s.guest(1, MEM + '''mem=$(mem 1)
        cxl read-labels $mem -o /tmp/before
        test "$(stat -c %s /tmp/before)" = 131072
        grep -q NAMESPACE_INDEX /tmp/before
        head -c 131072 /dev/urandom >/tmp/random
        cxl write-labels $mem -i /tmp/random
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/random /tmp/after
        cxl zero-labels $mem
        cxl read-labels $mem -o /tmp/after
        head -c 131072 /dev/zero | cmp - /tmp/after
        cxl write-labels $mem -i /tmp/before
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/before /tmp/after''')
    # What the guest reads is what the backend holds.
    same((s.directory / 'lsa1').read_bytes(), s.raw(1, 'cat /tmp/before'))


@test('parts of them are read and written')
def part(s: Scenario) -> None:
    """Parts that begin and end anywhere, more than a mailbox holds."""
    s.guest(1, MEM + '''mem=$(mem 1)
        cxl read-labels $mem -o /tmp/before
        head -c 5001 /dev/urandom >/tmp/part
        cxl write-labels $mem -O 70003 -s 5001 -i /tmp/part
        cxl read-labels $mem -O 70003 -s 5001 -o /tmp/after
        cmp /tmp/part /tmp/after
        { head -c 70003 /tmp/before
          cat /tmp/part
          tail -c +75005 /tmp/before; } >/tmp/wanted
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/wanted /tmp/after
        if cxl read-labels $mem -O 131071 -s 2 -o /tmp/after; then
            echo "one byte past the end was read"
            exit 1
        fi
        cxl write-labels $mem -i /tmp/before''')


@test('the namespaces are destroyed')
def destroy(s: Scenario) -> None:
    """All of them."""
    s.guest(1, 'ndctl destroy-namespace -f -r region0 all')
    refuse(listed(s), '"dev"')


@test('a volatile device has label storage')
def volatile(s: Scenario) -> None:
    """The backend holds what was written."""
    s.guest(1, MEM + '''mem=$(mem 2)
        cxl disable-memdev -f $mem
        head -c 4096 /dev/urandom >/tmp/random
        cxl write-labels $mem -i /tmp/random
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/random /tmp/after
        cxl enable-memdev $mem''')
    same((s.directory / 'lsa2').read_bytes(), s.raw(1, 'cat /tmp/random'))


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, *ALONE, '--bare', '--', *DEVICES)
    region(s)
    namespace(s, 'fsdax', '96M')
    namespace.named('a namespace for programs')(s, 'devdax', '96M')
    namespace.named('a namespace with sectors')(s, 'sector', '96M')
    fsdax(s)
    devdax(s)
    sector(s)
    remember(s)
    away(s)
    if s.release(1).startswith('6.1.'):
        # "has active nvdimm bridge, abort label write", says cxl.
        s.skip('Linux 6.1 never lets go of the label storage')
    else:
        whole(s)
        part(s)
    back(s)
    destroy(s)
    volatile(s)
    kernel_is_calm(s)
