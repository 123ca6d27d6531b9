# SPDX-License-Identifier: GPL-2.0-or-later
"""a pool: the demo; fences under load; a reader of files that the owner writes

Both architectures are heads of one pool when they are fenced, each while it
stores with two processors and the other goes on.
"""

import subprocess
import time

from framework import (GUEST_SECONDS, ROOT, Scenario, expect, holds, same, test,
                       until)

SIZE = 536870912
# Two writers in each guest, and where their records are in the memory
LOGS = {1: (16 << 20, 32 << 20), 2: (64 << 20, 80 << 20)}
# One memory that persists and the labels of its namespace, for two guests
FILES = [
    '-object', f'memory-backend-file,id=pmem0,share=on,mem-path=%d/pmem,'
    f'size={SIZE}',
    '-object', 'memory-backend-file,id=lsa0,share=on,mem-path=%d/lsa,'
    'size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,bus=port0,persistent-memdev=pmem0,lsa=lsa0,'
    'id=cxl-pmem0,pool=%d/state,head=%n',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=512M,'
    'cxl-fmw.0.restrictions=10,cxl-fmw.0.setup=firmware']


@test('the demo: all of it holds')
def story(s: Scenario) -> None:
    """A death, and who has the memory then."""
    expect(s.cxl_lab('demo', '--pool', '--name', s.lab, '--port-base',
                     'auto'), '^All of it held')


# --- fences ---

def counts(s: Scenario, n: int) -> list[int]:
    """How many records of a guest the file holds."""
    found = []
    with (s.directory / 'shared.mem').open('rb') as file:
        for offset in LOGS[n]:
            file.seek(offset + 8)
            found.append(int.from_bytes(file.read(8), 'little'))
    return found


@test('guest {n} has a DAX device', needed=True)
def devdax(s: Scenario, n: int) -> None:
    """Of the region that firmware has made."""
    s.guest(n, 'cd /root; ./create_region.sh 2>&1; ./dax_mode.sh')


@test('both guests store', needed=True)
def store(s: Scenario) -> None:
    """Until they are ended."""
    for n, offsets in LOGS.items():
        for offset in offsets:
            s.guest(n, f'./daxlog -o {offset} write </dev/null >/dev/null '
                       '2>&1 &')
    until(lambda: all(count > 1000 for n in LOGS for count in counts(s, n)),
          GUEST_SECONDS, 'not all of them store.')


@test('no store of guest {n} comes after it is fenced')
def fenced(s: Scenario, n: int) -> None:
    """The tool says so, and from then on the file is as it was; the other
    guest goes on, and so does the guest that has lost its device."""
    expect(s.cxl_lab('fence', '--name', s.lab, str(n)),
           f'^head {n - 1} is fenced$')
    before, other = counts(s, n), counts(s, 3 - n)
    time.sleep(2)
    same(counts(s, n), before, 'the number of records')
    same(s.guest(n, 'echo lives'), 'lives')
    if n == 1:
        holds(counts(s, 3 - n) > other, 'the other guest has stopped.')


@test('what guest {n} wrote is as it left it')
def whole(s: Scenario, n: int, by: int) -> None:
    """For whoever reads it next."""
    for offset in LOGS[n]:
        expect(s.guest(by, f'./daxlog -o {offset} check'), 'are whole$')


@test('guest {n} has lost its device')
def gone(s: Scenario, n: int) -> None:
    """Linux has noticed, and nobody stores there any more."""
    until(lambda: s.guest(n, 'ls /dev | grep -c ^dax || true; '
                             'pidof daxlog || true') == '0', GUEST_SECONDS,
          'the guest still has it.')




def fences(s: Scenario) -> None:
    """Two architectures."""
    s.up(2, '--pool', '--setup', 'firmware', '--arch', 'x86_64,aarch64')
    for n in LOGS:
        devdax(s, n)
    store(s)
    fenced(s, 1)
    whole(s, 1, 2)
    gone(s, 1)
    fenced(s, 2)
    gone(s, 2)


# --- files ---

def pool(s: Scenario, *words: str) -> None:
    """cxl-pool, for the pool of files."""
    done = subprocess.run([ROOT / 'build/cxl-pool', words[0],
                           s.directory / 'state', *words[1:]],
                          capture_output=True, text=True, check=False)
    s.note(' '.join(words), done.stdout, done.stderr)
    holds(done.returncode == 0, f'cxl-pool {words[0]} failed.')


@test('a pool with an owner and a reader is made', needed=True)
def divided(s: Scenario) -> None:
    """Rights of ranges belong to heads, whoever comes."""
    s.directory.mkdir(parents=True, exist_ok=True)
    pool(s, 'create', '--persistent', str(SIZE))
    pool(s, 'set-access', '--range', f'0+{SIZE}', '1=read-write',
         'others=read-only')


@test('the owner makes a file system and writes a file', needed=True)
def written(s: Scenario) -> None:
    """And unmounts it: what its kernel has not written yet nobody can
    read."""
    shown = s.guest(1, '''cd /root; ./pmem_fs.sh 2>&1
        head -c 33554432 /dev/urandom >/mnt/file
        sha256sum /mnt/file
        umount /mnt''')
    (s.directory / 'file.sum').write_text(
        expect(shown, '^[0-9a-f]{64}  ').splitlines()[-1], 'utf-8')


@test('the reader mounts it and reads the file')
def mounted(s: Scenario) -> None:
    """Read-only, and without replaying the journal. The namespace was not
    there when it booted."""
    s.reboots(2)
    shown = s.guest(2, '''cd /root; ./create_region.sh -t pmem >/dev/null 2>&1
        mount -t ext4 -o ro,noload,dax /dev/pmem0 /mnt
        sha256sum /mnt/file''')
    expect(shown, (s.directory / 'file.sum').read_text('utf-8'))


@test('what the reader writes does not reach the owner')
def harmless(s: Scenario) -> None:
    """Not by the file system, and not past it."""
    s.guest(2, '''if touch /mnt/other 2>/dev/null; then exit 1; fi
        umount /mnt
        dd if=/dev/zero of=/dev/pmem0 bs=1M count=8 conv=fsync 2>/dev/null ||
            true''')
    expect(s.monitor(2, 'info cxl'), 'stores were not allowed')
    shown = s.guest(1, '''mount -t ext4 -o dax /dev/pmem0 /mnt
        sha256sum /mnt/file
        umount /mnt''')
    expect(shown, (s.directory / 'file.sum').read_text('utf-8'))


def files(s: Scenario) -> None:
    """An owner and a reader."""
    divided(s)
    s.up(2, '--bare', '--', *FILES)
    written(s)
    mounted(s)
    harmless(s)


def run(s: Scenario) -> None:
    """The tests in their order, with a lab for each."""
    s.another_lab('pool-demo')
    story(s)
    s.down()
    s.another_lab('pool-fence')
    fences(s)
    s.down()
    s.another_lab('pool-files')
    files(s)
