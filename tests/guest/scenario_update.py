# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: cxl update-firmware, waited for, cancelled and activated"""

from framework import (ALONE, MEM, Scenario, expect, kernel_is_calm, reboots,
                       test)

DEVICES = [
    '-object', 'memory-backend-ram,id=mem0,share=on,size=256M',
    '-object', 'memory-backend-ram,id=mem1,share=on,size=256M',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3',
    '-device', 'cxl-type3,bus=port0,volatile-memdev=mem0,sn=0x1,'
    'background-time=10',
    '-device', 'cxl-type3,bus=port1,volatile-memdev=mem1,sn=0x2,'
    'background-time=1000',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=1G']


def firmware(s: Scenario, serial: int) -> str:
    """What cxl list says of it."""
    return s.guest(1, MEM + f'cxl list -F -m $(mem {serial})')


@test('the firmware of a device is listed')
def listed(s: Scenario) -> None:
    """As it is delivered."""
    text = firmware(s, 1)
    expect(text, '"num_slots":4')
    expect(text, '"active_slot":1')
    expect(text, '"online_activate_capable":true')
    expect(text, '"slot_1_version":"1.0"')
    expect(text, '"fw_update_in_progress":false')


@test('a package in many parts is written and staged')
def parts(s: Scenario) -> None:
    """Not a multiple of anything."""
    s.guest(1, MEM + '''{ echo "2.7 beta"; head -c 100001 /dev/urandom
        } >/tmp/package
        cxl update-firmware -F /tmp/package -w $(mem 1)''')
    text = firmware(s, 1)
    expect(text, '"active_slot":1')
    expect(text, '"staged_slot":2')
    expect(text, '"slot_2_version":"2.7 beta"')


@test('a package in one part is written too')
def one_part(s: Scenario) -> None:
    """A few bytes, to the slot that is next to the active one again."""
    s.guest(1, MEM + '''echo 2.8 >/tmp/package
        cxl update-firmware -F /tmp/package -w $(mem 1)''')
    expect(firmware(s, 1), '"slot_2_version":"2.8"')


@test('an update that is under way is cancelled')
def cancelled(s: Scenario) -> None:
    """On a device that takes its time."""
    s.guest(1, MEM + '''mem=$(mem 2)
        { echo 3.0; head -c 4000000 /dev/zero; } >/tmp/package
        cxl update-firmware -F /tmp/package $mem
        cxl list -F -m $mem | grep -q '"fw_update_in_progress":true'
        cxl update-firmware -c $mem
        i=0
        while cxl list -F -m $mem | grep -q 'in_progress":true'; do
            sleep 0.2
            i=$((i + 1))
            [ $i -lt 900 ]
        done''')
    expect(firmware(s, 2), '"active_slot":1')


@test('and another one takes its place')
def after_cancel(s: Scenario) -> None:
    """The device has forgotten the first."""
    s.guest(1, MEM + '''{ echo 3.1; head -c 4000 /dev/zero; } >/tmp/package
        cxl update-firmware -F /tmp/package -w $(mem 2)''')
    expect(firmware(s, 2), '"slot_2_version":"3.1"')


@test('a reboot activates what is staged')
def activated(s: Scenario) -> None:
    """Of both."""
    for serial, version in ((1, '2.8'), (2, '3.1')):
        text = firmware(s, serial)
        expect(text, '"active_slot":2')
        expect(text, f'"slot_2_version":"{version}"')


def run(s: Scenario) -> None:
    """The tests in their order."""
    s.up(1, *ALONE, '--bare', '--', *DEVICES)
    listed(s)
    parts(s)
    one_part(s)
    cancelled(s)
    after_cancel(s)
    kernel_is_calm(s)
    reboots(s)
    activated(s)
    kernel_is_calm(s)
    s.down()
