# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest: regions of firmware destroyed, memdev unbound, bound, made again

On every kernel that makes regions itself, with decoders that are locked too;
and regions of firmware through reboots, on both machines.
"""

from framework import (ALONE, KERNELS, Scenario, expect, kernel_is_calm,
                       refuse, same, test, until)
from scenario_hotplug import attach, detach

SIZE = 536870912


def device(window: str) -> list[str]:
    """The lab's own, in a window with these options."""
    return ['-device', 'pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52',
            '-device', 'cxl-rp,id=rp0,bus=cxl.0,chassis=0,port=0,slot=0',
            '-device', 'cxl-rp,id=rp1,bus=cxl.0,chassis=0,port=1,slot=1',
            '-object', 'memory-backend-ram,id=mem0,size=512M',
            '-device', 'cxl-type3,bus=rp0,volatile-memdev=mem0,id=dev0',
            '-M', f'cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=512M{window}']


FIRMWARE = ',cxl-fmw.0.setup=firmware'
LOCKED = FIRMWARE + ',cxl-fmw.0.lock=on'

# The memdev's driver, taken away and given back
REBIND = '''pci=$(basename $(readlink -f /sys/bus/cxl/devices/mem*/..))
    echo $pci >/sys/bus/pci/drivers/cxl_pci/unbind
    test ! -e /sys/bus/cxl/devices/mem0
    echo $pci >/sys/bus/pci/drivers/cxl_pci/bind
    for i in $(seq 600); do
        [ ! -e /sys/bus/cxl/devices/mem*/serial ] || break
        sleep 0.1
    done
'''


@test('{what}: the region of firmware is there', needed=True)
def region_is_there(s: Scenario, what: str) -> None:
    """In force."""
    # pylint: disable=unused-argument
    shown = s.guest(1, 'cxl list -R')
    expect(shown, f'"size":{SIZE}')
    expect(shown, '"decode_state":"commit"')


@test('{what}: it is destroyed, and the memdev unbound and bound')
def rebound(s: Scenario, what: str) -> None:
    """As by one who wants another region."""
    # pylint: disable=unused-argument
    s.guest(1, f'''cxl disable-region region0 -f
        cxl destroy-region region0 -f
        {REBIND}''')
    expect(s.guest(1, 'cxl list -M'), f'"ram_size":{SIZE}')
    refuse(s.guest(1, 'cxl list -R'), '"region"')


@test('{what}: a region is made again, and holds data')
def made_again(s: Scenario, what: str) -> None:
    """By Linux."""
    # pylint: disable=unused-argument
    s.guest(1, '''cd /root
        mem=$(basename $(dirname /sys/bus/cxl/devices/mem*/serial))
        ./create_region.sh $mem
        ./dax_mode.sh
        ./memstress -s 32M /dev/dax0.0''')
    region_is_there.body(s, '')


@test('{what}: the region is there after {count} reboots')
def rebooted(s: Scenario, what: str, count: int) -> None:
    """Made anew by firmware each time; it holds data."""
    # pylint: disable=unused-argument
    for _ in range(count):
        s.reboots(1)
        region_is_there.body(s, '')
        s.guest(1, 'cd /root; ./dax_mode.sh; ./memstress -s 16M /dev/dax0.0')


def locked_decoders(s: Scenario) -> int:
    """How many stand, the device's and the bridge's."""
    return s.monitor(1, 'info cxl').count(', locked')


@test('{what}: a locked region stays, whatever Linux thinks, with its data')
def stays(s: Scenario, what: str, found: bool) -> None:
    """Destroyed or not, after the memdev was unbound and bound it is there; a
    kernel that does not find it again does so when it boots."""
    # pylint: disable=unused-argument
    s.guest(1, '''cd /root; ./dax_mode.sh; ./daxwriter "locked in"
        cxl disable-region region0 -f
        cxl destroy-region region0 -f || true''')
    same(locked_decoders(s), 2, 'decoders that are locked after destroying')
    s.guest(1, REBIND)
    same(locked_decoders(s), 2, 'decoders that are locked after binding')
    if not found:
        s.reboots(1)
    s.guest(1, '''for i in $(seq 600); do
            [ ! -e /sys/bus/cxl/devices/region*/size ] || break
            sleep 0.1
        done''')
    expect(s.guest(1, 'cxl list -R'), '"decode_state":"commit"')
    expect(s.guest(1, 'cd /root; ./dax_mode.sh; ./daxreader'), '^locked in$')


def lock(s: Scenario, kernel: str) -> None:
    """The same guest with decoders that firmware has locked."""
    what = f'x86_64 {kernel}, locked'
    s.another_lab(f'rebind-lock-{kernel.replace(".", "")}')
    s.up(1, *ALONE, '--kernel', kernel, '--bare', '--', *device(LOCKED))
    region_is_there(s, what)
    stays(s, what, kernel != '6.12')
    kernel_is_calm.named(f'{what}: the kernel has seen no warning')(s)
    s.down()


def again(s: Scenario, kernel: str) -> None:
    """On one kernel of x86_64. "os" is who may make regions: it hides the
    hypervisor from Linux; the window says that firmware does."""
    what = f'x86_64 {kernel}'
    s.another_lab(f'rebind-{kernel.replace(".", "")}')
    s.up(1, *ALONE, '--kernel', kernel, '--bare', '--', *device(FIRMWARE))
    region_is_there(s, what)
    rebound(s, what)
    made_again(s, what)
    rebooted(s, what, 2)
    kernel_is_calm.named(f'{what}: the kernel has seen no warning')(s)
    s.down()


@test('{what}: a port that sleeps wakes up for the next device')
def comes_back(s: Scenario, what: str) -> None:
    """Linux lets a port sleep whose slot has become empty, on aarch64."""
    # pylint: disable=unused-argument
    attach(s, '256M')
    detach(s, 'attached1')
    until(lambda: 'suspended' in s.guest(
        1, 'cat /sys/bus/pci/devices/*/power/runtime_status'), 30,
          'no port sleeps.')
    attach(s, '256M')


def other_machine(s: Scenario, kernel: str) -> None:
    """aarch64, where only firmware makes regions."""
    what = f'aarch64 {kernel}'
    s.another_lab(f'rebind-arm-{kernel.replace(".", "")}')
    s.up(1, *ALONE, '--arch', 'aarch64', '--kernel', kernel, '--setup',
         'firmware')
    region_is_there(s, what)
    rebooted(s, what, 2)
    if kernel != '6.12':
        comes_back(s, what)
    kernel_is_calm.named(f'{what}: the kernel has seen no warning')(s)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for kernel in KERNELS:
        if not s.images('--kernel', kernel) or \
                not s.images('--kernel', kernel, '--arch', 'aarch64'):
            s.skip(f'Linux {kernel} cannot be fetched')
            continue
        again(s, kernel)
        lock(s, kernel)
        other_machine(s, kernel)
