# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: a switch with its devices comes and goes while it runs

Told by QMP as a user would: the upstream port, the downstream ports, two memory
devices, then cxl-attach-switch. What comes is a region of both devices; what
goes is asked for (device_del), taken back (cxl-cancel-detach), or pulled out
(cxl-remove).
"""

import re
import time
from typing import Any

import topology
from framework import (Scenario, expect, kernel_is_calm, refuse, same, test,
                       until)
from lab.qmp import Qmp
from topology import Topology

GUEST_SECONDS = 300
DEVICES = ('new0', 'new1')


def machine() -> Topology:
    """A port for a switch, and a switch with a port for a device."""
    made = Topology()
    made.bridge('hb1', 48)
    made.slot('cxl-rp,id=rp0,bus=hb1,port=0,bus-reserve=8,mem-reserve=32M')
    made.port('rp1', 'hb1', 1)
    made.switch('old', 'rp1', 2)
    made.device(100, 'old.0')
    made.window('hb1', '1G', '256')
    made.window('hb1', '1G', '256')
    return made


def qmp(s: Scenario) -> Qmp:
    """QEMU of the guest."""
    return s.of(1).qmp(60)


def add_switch(client: Qmp) -> None:
    """All of it, and the guest sees nothing yet."""
    client.execute('device_add', driver='cxl-upstream', bus='rp0', id='new')
    for port, device in enumerate(DEVICES):
        client.execute('device_add', driver='cxl-downstream', bus='new',
                       id=f'new.{port}', port=port, chassis=0, slot=20 + port)
        client.execute('object-add', **{
            'qom-type': 'memory-backend-ram', 'id': f'{device}-memory',
            'share': True, 'size': topology.DEVICE})
        client.execute('device_add', driver='cxl-type3', bus=f'new.{port}',
                       id=device, sn=200 + port,
                       **{'volatile-memdev': f'{device}-memory'})


def attach_switch(s: Scenario) -> None:
    """All of it, and the guest is told."""
    with qmp(s) as client:
        before = memdevs(s)
        add_switch(client)
        same(memdevs(s), before, 'the number of memdevs before it is attached')
        client.execute('cxl-attach-switch', path='new')
    until(lambda: memdevs(s) == before + len(DEVICES), GUEST_SECONDS,
          'Linux has not found the devices.')


def memdevs(s: Scenario) -> int:
    """How many Linux has."""
    return int(s.guest(1, 'ls /sys/bus/cxl/devices | grep -c ^mem || true'))


@test('a switch with two devices is attached', needed=True)
def attached(s: Scenario) -> None:
    """Linux has them below a port of depth 2."""
    attach_switch(s)
    shown = s.guest(1, 'cxl list -P -i').splitlines()
    same(sum('"depth":2' in line for line in shown), 2, 'switches')
    expect(s.monitor(1, 'info cxl'), 'switch new at ')


@test('a region of both holds data and code', needed=True)
def region(s: Scenario) -> None:
    """Two ways behind the new switch."""
    topology.region_make.body(s, 1, 'decoder0.0', 256, (200, 201))
    topology.region_stress.body(s, 1, 64)
    expect(s.monitor(1, 'info cxl'), 'linear, 2 ways of 256')


@test('below the other switch, a device is attached and makes a region')
def below(s: Scenario) -> None:
    """Beside the region of the new switch, and goes again: decoders of the
    bridge are committed in the order of addresses, and the next region is
    below it."""
    with qmp(s) as client:
        client.execute('object-add', **{
            'qom-type': 'memory-backend-ram', 'id': 'extra-memory',
            'share': True, 'size': topology.DEVICE})
        client.execute('device_add', driver='cxl-type3', bus='old.1',
                       id='extra', sn=300,
                       **{'volatile-memdev': 'extra-memory'})
    until(lambda: memdevs(s) == 4, GUEST_SECONDS,
          'Linux has not found the device.')
    topology.run(s, 1, '''cxl create-region -m -t ram -d decoder0.1 -w 2 \
            -g 256 $(mem 100) $(mem 300) >/dev/null''')
    expect(s.guest(1, 'cxl list -R -r region1'), '"decode_state":"commit"')
    s.guest(1, '''cxl disable-region region1 -f
        cxl destroy-region region1 -f''')


def writer(s: Scenario) -> Any:
    """A process that goes on storing into the new switch's region; a signal
    may end it."""
    return s.spawn(1, '''dax=$(basename /sys/bus/cxl/devices/decoder0.0/\
region*/dax_region*/dax[0-9]*)
        cd /root
        ./memstress -s 64M /dev/$dax >/tmp/writer 2>&1 || true
        while ./daxwriter -d /dev/$dax x >>/tmp/writer 2>&1; do :; done
        echo ended''')


def wait_gone(s: Scenario, client: Qmp, names: set[str]) -> float:
    """DEVICE_DELETED of all; returns how long that took."""
    begin = time.monotonic()
    left = set(names)
    while left:
        event = client.event(lambda e: e['event'] == 'DEVICE_DELETED',
                             GUEST_SECONDS)
        left.discard(event['data'].get('device', ''))
    return time.monotonic() - begin


def forget(client: Qmp) -> None:
    """The memory of the two devices, which nobody uses any more."""
    for device in DEVICES:
        client.execute('object-del', id=f'{device}-memory')


ALL = {'new', 'new.0', 'new.1', *DEVICES}


@test('a detach is taken back, and the region stays')
def cancelled(s: Scenario) -> None:
    """Linux blinks for five seconds, then does not."""
    def said(what: str) -> int:
        return len(re.findall(what, s.guest(1, 'dmesg')))

    pressed, canceled = 'will power off in', 'canceling request to power off'
    before = said(pressed), said(canceled)
    with qmp(s) as client:
        client.execute('device_del', id='new')
        # Of two that it has not looked at yet, Linux sees one.
        until(lambda: said(pressed) > before[0], GUEST_SECONDS,
              'Linux has not seen the button.')
        client.execute('cxl-cancel-detach', path='new')
    until(lambda: said(canceled) > before[1], GUEST_SECONDS,
          'Linux goes on.')
    time.sleep(6)
    same(memdevs(s), 4, 'the number of memdevs')
    topology.run(s, 1, '''dax=$(basename /sys/bus/cxl/devices/decoder0.0/\
region*/dax_region*/dax[0-9]*)
        ./daxwriter -d /dev/$dax "still there" >/dev/null
        ./daxreader -d /dev/$dax | grep -q "still there"''')


@test('{how} with a live region that is stored into: all of it is gone')
def gone(s: Scenario, how: str, **arguments: str) -> None:
    """The guest lives, and QEMU gives everything back."""
    busy = writer(s)
    try:
        time.sleep(1)
        with qmp(s) as client:
            client.execute(how, **arguments)
            took = wait_gone(s, client, ALL)
            forget(client)
        s.finish(busy)
    finally:
        busy.kill()
        busy.communicate()
    s.writer.note(f'{how}: {took:.2f} s')
    until(lambda: memdevs(s) == 2, GUEST_SECONDS, 'Linux still has them.')
    refuse(s.monitor(1, 'info cxl'), 'new')


@test('the port takes the switch again')
def again(s: Scenario) -> None:
    """After what was left of the region is gone."""
    s.guest(1, '''cd /sys/bus/cxl/devices/decoder0.0
        [ ! -e region0 ] || echo region0 >delete_region''')
    attach_switch(s)


@test('the kernel has no trace of a failure of its own')
def lives(s: Scenario) -> None:
    """It may complain of what it has lost."""
    refuse(s.guest(1, 'dmesg -r'), 'BUG:|Oops|WARNING:|Call Trace')


def run(s: Scenario) -> None:
    """The tests in their order."""
    machine().up(s, 1)
    attached(s)
    region(s)
    below(s)
    cancelled(s)
    gone(s, 'device_del', id='new')
    again(s)
    region.named('again a region of both')(s)
    kernel_is_calm(s)
    gone(s, 'cxl-remove', path='new')
    again.named('and again after it was pulled out')(s)
    lives(s)
