# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: devices come and go while it runs, below switches, with regions

By "cxl-lab attach" and "detach", with "cxl-lab watch" beside.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import topology
from framework import (ROOT, Scenario, expect, holds, kernel_is_calm, refuse,
                       same, test, until)
from topology import Topology

SIZE = 268435456


def attach(s: Scenario, what: str) -> str:
    """The memdev that Linux has then."""
    text = s.cxl_lab('attach', '--name', s.lab, '1', what)
    return expect(text, '^Linux has it as mem[0-9]+ ').partition(
        'Linux has it as ')[2].split()[0]


def detach(s: Scenario, name: str) -> str:
    """What is said of it."""
    return s.cxl_lab('detach', '--name', s.lab, '1', name)


def region(s: Scenario, decoder: str, memdev: str) -> str:
    """A region of a device, and its devdax."""
    s.guest(1, f'cxl create-region -m -t ram -d {decoder} -w 1 {memdev}')
    dax = s.guest(1, f'''cd /root
        region=$(basename /sys/bus/cxl/devices/{decoder}/region*)
        for i in $(seq 600); do
            [ ! -e /sys/bus/cxl/devices/$region/dax_region*/dax* ] || break
            sleep 0.1
        done
        dax=$(basename /sys/bus/cxl/devices/$region/dax_region*/dax[0-9]*)
        ./dax_mode.sh $dax >/dev/null
        echo $dax''')
    return dax.split()[-1]


@test('the lab has a region before', needed=True)
def first(s: Scenario) -> None:
    """Its data must be left alone."""
    s.guest(1, '''cd /root; ./create_region.sh; ./dax_mode.sh
        ./daxwriter "stays where it is"''')


@test('the first region is what it was')
def first_is_there(s: Scenario) -> None:
    """With its data."""
    expect(s.guest(1, './daxreader'), '^stays where it is$')
    expect(s.guest(1, 'cxl list -R -r region0'), '"decode_state":"commit"')


@test('a device is attached', needed=True)
def attached(s: Scenario) -> None:
    """Linux and QEMU have it."""
    same(attach(s, '256M'), 'mem1')
    expect(s.guest(1, 'cxl list -M -m mem1'), f'"ram_size":{SIZE}')
    expect(s.monitor(1, 'info cxl'),
           'device attached1 at .*: 256 MiB volatile')


@test('a second finds no port')
def no_port(s: Scenario) -> None:
    """And says so."""
    done = subprocess.run([ROOT / 'scripts/cxl-lab', 'attach', '--name',
                           s.lab, '1', '256M'], text=True, check=False,
                          capture_output=True)
    same(done.returncode, 1)
    expect(done.stderr, '^cxl-lab: guest 1 has no free CXL port')


@test('a region of it holds data and code')
def used(s: Scenario) -> None:
    """In the second window."""
    dax = region(s, 'decoder0.1', 'mem1')
    expect(s.guest(1, f'./memstress -s 64M -D /dev/vda /dev/{dax}'),
           '^ok dma$')
    expect(s.monitor(1, 'info cxl'), 'position 0: attached1')


@test('it is detached without a region')
def detached(s: Scenario) -> None:
    """As an orderly user does."""
    s.guest(1, '''region=$(basename /sys/bus/cxl/devices/decoder0.1/region*)
        cxl disable-region $region -f
        cxl destroy-region $region -f''')
    gone(s)


def gone(s: Scenario) -> None:
    """Nobody has it any more."""
    text = detach(s, 'attached1')
    expect(text, '^attached1 is gone ')
    expect(text, '^Linux has mem1 no more$')
    refuse(s.monitor(1, 'info cxl'), 'attached1')
    refuse(s.guest(1, 'cxl list -M'), '"memdev":"mem1"')


@test('a file is attached, and holds what the guest writes')
def file(s: Scenario) -> None:
    """As the host sees."""
    path = s.directory / 'extra'
    with path.open('wb') as data:
        data.truncate(SIZE)
    same(attach(s, str(path)), 'mem1')
    dax = region(s, 'decoder0.1', 'mem1')
    s.guest(1, f'./daxwriter -d /dev/{dax} -o 8192 "in the extra file"')
    with path.open('rb') as data:
        data.seek(8192)
        same(data.read(17), b'in the extra file')


@test('it is detached with a live region that a process writes to')
def detached_in_use(s: Scenario) -> None:
    """The process may end with a signal; guest and QEMU live."""
    # It opens the device once: Linux 6.12 may oops when a device goes while it
    # is being opened (check_vma() of device_dax)
    writer = s.spawn(1, '''dax=$(basename \
            /sys/bus/cxl/devices/decoder0.1/region*/dax_region*/dax[0-9]*)
        timeout 100 ./daxcount -d /dev/$dax -o 0 1 1000000000000 \
            >/tmp/writer 2>&1 || true
        echo ended''')
    try:
        time.sleep(1)
        gone(s)
        expect(s.finish(writer), '^ended$')
    finally:
        writer.kill()
        writer.communicate()


@test('it is detached while it is RAM, and a sentence says so')
def detached_as_ram(s: Scenario) -> None:
    """Linux does not refuse; the user is told what that means."""
    same(attach(s, '256M'), 'mem1')
    s.guest(1, '''cxl create-region -m -t ram -d decoder0.1 -w 1 mem1
        modprobe kmem
        for i in $(seq 600); do
            ls /sys/bus/dax/drivers/kmem/ | grep -q ^dax && break
            sleep 0.1
        done
        for b in /sys/devices/system/memory/memory*; do
            grep -q -x online $b/state || echo online_movable >$b/state
        done''')
    text = detach(s, 'attached1')
    expect(text, '^Linux has mem1 no more$')
    expect(text, '^Linux goes on using 256 MiB of it as RAM')


class Watcher:
    """cxl-lab watch, writing to a file."""

    def __init__(self, s: Scenario) -> None:
        self.file = s.directory / 'watch'
        with self.file.open('wb') as output:
            # pylint: disable=consider-using-with # end() waits
            self.process = subprocess.Popen(
                [ROOT / 'scripts/cxl-lab', 'watch', '--name', s.lab],
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)

    def text(self) -> str:
        """What it has printed."""
        return Path(self.file).read_text(encoding='utf-8')

    def end(self) -> int:
        """As Ctrl-C does."""
        os.kill(self.process.pid, signal.SIGINT)
        return self.process.wait(20)


@test('watch has shown it all')
def watched(_: Scenario, watcher: Watcher) -> None:
    """Guests, regions, files, events."""
    until(lambda: 'DEVICE_DELETED' in watcher.text(), 10,
          'there was no event.')
    text = watcher.text()
    same(watcher.end(), 130)
    expect(text, '^guest 1: up, Linux [67].* x86_64, ssh port ')
    expect(text, '^guest 1: window 0: 0x[0-9a-f]+ 512 MiB ram: cxl-mem0$')
    expect(text, '^guest 1: window 1: 0x[0-9a-f]+ 256 MiB ram: attached1$')
    expect(text, '^shared.mem: 512 MiB, of which ')
    expect(text, '^guest 1: [0-9:]* DEVICE_DELETED device=attached1 ')
    holds('\x1b' not in text, 'there are escape sequences.')


def machine() -> Topology:
    """A switch whose second port is free, and nothing else."""
    made = Topology()
    made.bridge('hb1', 48)
    made.port('rp0', 'hb1', 0)
    made.switch('sw1', 'rp0', 2)
    made.device(100, 'sw1.0')
    made.window('hb1', '1G', '256')
    return made


@test('below a switch: a device is attached, and two make a region')
def below_a_switch(s: Scenario) -> None:
    """Of both devices."""
    new = attach(s, '256M')
    topology.run(s, 1, f'''cxl create-region -m -t ram -d decoder0.0 -w 2 \
            -g 256 $(mem 100) {new}
        for i in $(seq 600); do
            [ ! -e /sys/bus/dax/devices/$(dax) ] || break
            sleep 0.1
        done
        ./dax_mode.sh $(dax)''')
    topology.region_stress.body(s, 1, 64)
    expect(s.monitor(1, 'info cxl'), 'linear, 2 ways of 256')


@test('below a switch: it is detached again')
def detached_below_a_switch(s: Scenario) -> None:
    """After its region."""
    topology.region_remove.body(s, 1)
    expect(detach(s, 'attached1'), '^attached1 is gone ')
    refuse(s.monitor(1, 'info cxl'), 'attached1')


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, '--', *s.disks(1))
    watcher = Watcher(s)
    try:
        first(s)
        attached(s)
        no_port(s)
        used(s)
        detached(s)
        first_is_there(s)
        kernel_is_calm(s)
        file(s)
        detached_in_use(s)
        first_is_there.named('the first region is still what it was')(s)
        watched(s, watcher)
        detached_as_ram(s)
    finally:
        watcher.process.kill()
        watcher.process.wait()
    s.down()

    s.another_lab('hotplug-switch')
    machine().up(s, 1)
    below_a_switch(s)
    detached_below_a_switch(s)
    kernel_is_calm.named('below a switch: the kernel has seen no warning')(s)
