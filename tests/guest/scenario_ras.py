# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel: errors of CXL.mem, and a link that is disabled

Each error that QMP knows becomes a trace event with the right memdev, Linux's
error handlers run, and the guest goes on. What Linux says of it is as loud as
real errors are. On aarch64 there is one guest, for events and errors: their
interrupts come another way there.
"""

from framework import (ALONE, Failed, Scenario, expect, refuse, same, test,
                       until)

PATH = '/machine/peripheral/cxl-mem0'

# How Linux prints the bits of the two status registers
CORRECTABLE = {
    'cache-data-ecc': 'Cache Data ECC Error',
    'mem-data-ecc': 'Memory Data ECC Error',
    'crc-threshold': 'CRC Threshold Hit',
    'retry-threshold': 'Retry Threshold',
    'cache-poison-received': 'Received Cache Poison From Peer',
    'mem-poison-received': 'Received Memory Poison From Peer',
    'physical': 'Received Error From Physical Layer',
}
UNCORRECTABLE = {
    'cache-data-parity': 'Cache Data Parity Error',
    'cache-address-parity': 'Cache Address Parity Error',
    'cache-be-parity': 'Cache Byte Enable Parity Error',
    'cache-data-ecc': 'Cache Data ECC Error',
    'mem-data-parity': 'Memory Data Parity Error',
    'mem-address-parity': 'Memory Address Parity Error',
    'mem-be-parity': 'Memory Byte Enable Parity Error',
    'mem-data-ecc': 'Memory Data ECC Error',
    'reinit-threshold': 'REINIT Threshold Hit',
    'rsvd-encoding': 'Received Unrecognized Encoding',
    'poison-received': 'Received Poison From Peer',
    'receiver-overflow': 'Receiver Overflow',
    'internal': 'Component Specific Error',
    'cxl-ide-tx': 'IDE Tx Error',
    'cxl-ide-rx': 'IDE Rx Error',
}

TRACE = '/sys/kernel/tracing'

# The logs of events, as QMP and Linux name them
LOGS = {'informational': 'Informational', 'warning': 'Warning',
        'failure': 'Failure', 'fatal': 'Fatal'}


# What a script in a guest may call: the memdev's PCI device, 32 bits at an
# offset of its AER capability and of its component registers
FUNCTIONS = '''
    pci=$(readlink -f /sys/bus/cxl/devices/mem*/..)
    clear_aer() {
        printf '\\000\\000\\000\\000' | dd of=$1/config bs=4 \
            seek=$(((0x100 + $2) / 4)) count=1 conv=notrunc 2>/dev/null
    }
    bar=$(head -n 1 $pci/resource | cut -d ' ' -f 1)
    component() {
        busybox devmem $((bar + $1)) 32 ${2:-}
    }
    ras() {
        for i in $(seq $(($(component 0x1000) >> 24 & 0xff))); do
            header=$(component $((0x1000 + 4 * i)))
            [ $((header & 0xffff)) != 2 ] ||
                echo $((0x1000 + (header >> 20)))
        done
    }
'''


def bound(s: Scenario) -> bool:
    """Whether the memdev is in force."""
    return 'yes' in s.guest(1, '''for m in /sys/bus/cxl/devices/mem*; do
            [ ! -e $m/driver ] || echo yes
        done''')


def memdev_is_back(s: Scenario) -> None:
    """Linux takes a memdev out of force for each uncorrectable error, resets
    its device and puts it back. In a slow guest the work that takes it out
    (detach_work) is not over by then: cxl_mem_probe() refuses with -EBUSY, or
    the memdev goes once more. Nobody tries again but us."""
    try:
        until(lambda: bound(s), 10, 'not yet')
    except Failed:
        s.guest(1, '''for m in /sys/bus/cxl/devices/mem*; do
                basename $m >/sys/bus/cxl/drivers/cxl_mem/bind
            done''')
        until(lambda: bound(s), 20, 'The memdev has not come back.')


@test('{what}: the errors are unmasked', needed=True)
def unmask(s: Scenario, what: str) -> None:
    """Linux 7.3 does so for no device (cxl_ras_unmask() asks whether the
    memdev is a PCI device, which it is not: its parent is), and no register
    can be changed while its driver has it."""
    # pylint: disable=unused-argument
    s.guest(1, FUNCTIONS + '''
        name=$(basename $pci)
        echo $name >/sys/bus/pci/drivers/cxl_pci/unbind
        ras=$(ras)
        component $((ras + 0x04)) 0
        component $((ras + 0x10)) 0
        echo $name >/sys/bus/pci/drivers/cxl_pci/bind''')
    memdev_is_back(s)


@test('{what}: the guest listens', needed=True)
def listen(s: Scenario, what: str) -> None:
    """To trace events of CXL; and to internal errors, which AER masks until
    somebody asks for them (PCIe 7.8.4.3, 7.8.4.6)."""
    # pylint: disable=unused-argument
    s.guest(1, FUNCTIONS + f'''
        mount -t tracefs tracefs {TRACE} 2>/dev/null || true
        echo 1 >{TRACE}/events/cxl/enable
        for device in $pci $pci/..; do
            clear_aer $device 8
            clear_aer $device 0x14
        done''')


def traced(s: Scenario) -> str:
    """The trace so far, which is forgotten then."""
    return s.guest(1, f'''cat {TRACE}/trace | grep -v '^#' || true
        echo >{TRACE}/trace''')


def wait_for_event(s: Scenario, event: str) -> str:
    """For one event, with the memdev and its host."""
    seen: list[str] = []

    def there() -> bool:
        seen.append(traced(s))
        return event in ''.join(seen)

    until(there, 20, f'There was no {event}.')
    lines = [line for line in ''.join(seen).splitlines() if event in line]
    same(len(lines), 1, f'number of {event}')
    expect(lines[0], r'memdev=mem[0-9]+ host=0000:[0-9a-f:.]+ serial=')
    return lines[0]


def wait_for(s: Scenario, event: str, text: str) -> None:
    """For an error of that name."""
    expect(wait_for_event(s, event), f"status: '{text}'")


@test('{what}: each correctable error is traced')
def correctable(s: Scenario, what: str) -> None:
    """And is no more than that."""
    # pylint: disable=unused-argument
    with s.of(1).qmp() as qmp:
        for name, text in CORRECTABLE.items():
            qmp.execute('cxl-inject-correctable-error', path=PATH, type=name)
            wait_for(s, 'cxl_aer_correctable_error', text)
    expect(s.guest(1, 'dmesg'), 'AER: Correctable [Ee]rror message received')


@test('{what}: each uncorrectable error is traced')
def uncorrectable(s: Scenario, what: str) -> None:
    """They are fatal: Linux resets the device each time."""
    # pylint: disable=unused-argument
    with s.of(1).qmp() as qmp:
        for i, (name, text) in enumerate(UNCORRECTABLE.items()):
            qmp.execute('cxl-inject-uncorrectable-errors', path=PATH,
                        errors=[{'type': name, 'header': [i, 1, 2]}])
            wait_for(s, 'cxl_aer_uncorrectable_error', text)
            memdev_is_back(s)
            listen.body(s, '')


@test('{what}: of several errors the first is named')
def several(s: Scenario, what: str) -> None:
    """By the pointer to it."""
    # pylint: disable=unused-argument
    with s.of(1).qmp() as qmp:
        qmp.execute('cxl-inject-uncorrectable-errors', path=PATH, errors=[
            {'type': 'mem-be-parity', 'header': [1]},
            {'type': 'mem-data-parity', 'header': [2]}])
    text = ''

    def there() -> bool:
        nonlocal text
        text += traced(s)
        return 'cxl_aer_uncorrectable_error' in text

    until(there, 20, 'There was no event.')
    expect(text, "first_error: 'Memory Byte Enable Parity Error'")
    memdev_is_back(s)


@test('{what}: Linux enables a link again that was disabled')
def link(s: Scenario, what: str) -> None:
    """The device goes and comes: its driver for hot plug sees to that. In
    the port are Unmask Link Disable and Link Disable (8.1.5.2)."""
    # pylint: disable=unused-argument
    s.guest(1, '''port=$(dirname $(readlink -f /sys/bus/cxl/devices/mem*/..))
        put() {
            printf "$2" | dd of=$port/config bs=1 seek=$(($1)) count=1 \
                conv=notrunc 2>/dev/null
        }
        put 0x16c '\\002'
        put 0xa0 '\\020'
        ''')
    until(lambda: 'Link Down' in s.guest(1, 'dmesg'), 30,
          'Linux does not see the link go down.')
    memdev_is_back(s)


@test('{what}: the guest is well')
def well(s: Scenario, what: str) -> None:
    """A command reaches the device."""
    # pylint: disable=unused-argument
    expect(s.guest(1, 'cxl list -M -i -H'), '"ram_size":536870912')
    refuse(s.guest(1, 'dmesg'), 'Kernel panic')


@test('{what}: an event of each log is traced')
def events(s: Scenario, what: str) -> None:
    """Each log has an interrupt of its own. The region begins at DPA 0."""
    # pylint: disable=unused-argument
    base = int(s.guest(1, 'cat /sys/bus/cxl/devices/region0/resource'), 16)
    with s.of(1).qmp() as qmp:
        for i, (log, name) in enumerate(LOGS.items()):
            qmp.execute('cxl-inject-general-media-event', path=PATH, log=log,
                        flags=0, dpa=i << 12, descriptor=0, type=0,
                        **{'transaction-type': 0})
            line = wait_for_event(s, 'cxl_general_media')
            expect(line, rf'log={name} .*\bdpa={i << 12:x} .*'
                         rf'\bhpa={base + (i << 12):x} region=region0 ')


def aarch64(s: Scenario) -> None:
    """Through the GIC, in a region of firmware's."""
    what = 'aarch64'
    words = ['--arch', 'aarch64', '--setup', 'firmware']
    if not s.images(*words):
        s.skip('aarch64: the kernel cannot be fetched')
        return
    s.another_lab('ras-aarch64')
    s.up(1, *words)
    listen(s, what)
    events(s, what)
    correctable(s, what)
    well(s, what)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order, on each kernel."""
    for kernel in s.on_kernels('ras'):
        what = f'Linux {kernel}'
        s.up(1, *ALONE, '--kernel', kernel)
        unmask(s, what)
        listen(s, what)
        correctable(s, what)
        uncorrectable(s, what)
        several(s, what)
        link(s, what)
        well(s, what)
        s.down()
    aarch64(s)
