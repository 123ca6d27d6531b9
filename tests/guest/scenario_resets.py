# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel, resets of a device with a live region and a writer

What a function-level reset leaves (CXL 3.1 9.5), and what a bus reset does not
when it is masked (8.1.5.2) and when it is not.
"""

from framework import Scenario, expect, holds, kernel_is_calm, refuse, test

# A process that writes texts and reads each again. It ends when one is not
# there, or is killed by what reading says.
WRITER = '''cd /root
rm -f /tmp/stop
i=0
while [ ! -e /tmp/stop ]; do
    i=$((i + 1))
    ./daxwriter -o 64M "round $i" >/dev/null
    ./daxreader -o 64M | grep -q -x "round $i" || break
done
test -e /tmp/stop
echo "$i rounds"'''


@test('{what}: a region with a devdax', needed=True)
def region(s: Scenario, what: str) -> None:
    """In force, with data that resets must leave alone."""
    # pylint: disable=unused-argument
    s.guest(1, '''cd /root; ./create_region.sh; ./dax_mode.sh
        ./daxwriter "from before"''')


def reset(s: Scenario, method: str, times: int) -> None:
    """Resets the device that way, if Linux knows it."""
    s.guest(1, f'''pci=$(readlink -f /sys/bus/cxl/devices/mem0/..)
        echo default >$pci/reset_method
        grep -q -w {method} $pci/reset_method
        echo {method} >$pci/reset_method
        for i in $(seq {times}); do
            echo 1 >$pci/reset
        done''')


@test('{what}: 50 function-level resets under a process that writes')
def function_level(s: Scenario, what: str) -> None:
    """Decoders, DVSECs and mapping stay; no store is lost."""
    # pylint: disable=unused-argument
    writer = s.spawn(1, WRITER)
    try:
        s.guest(1, 'sleep 1')
        reset(s, 'flr', 50)
        s.guest(1, 'sleep 1; touch /tmp/stop')
        expect(s.finish(writer), '^[1-9][0-9]* rounds$')
    finally:
        writer.kill()
        writer.communicate()
    still_there(s)


def still_there(s: Scenario) -> None:
    """The region works, as QEMU and Linux say."""
    expect(s.guest(1, './daxreader'), '^from before$')
    expect(s.guest(1, 'cxl list -R'), '"decode_state":"commit"')
    expect(s.monitor(1, 'info cxl'), r'\(512 MiB\): ram')


@test('{what}: the driver works after them')
def driver(s: Scenario, what: str) -> None:
    """Commands reach the device, and Linux warns of nothing."""
    # pylint: disable=unused-argument
    s.guest(1, 'cxl list -M -i -H -m mem0 >/dev/null')
    refuse(s.guest(1, 'dmesg'), 'memory regions removal')
    kernel_is_calm.body(s, 1)


@test('{what}: a bus reset that is masked does nothing')
def masked(s: Scenario, what: str) -> None:
    """By the bridge's own bit, behind Linux's back."""
    # pylint: disable=unused-argument
    port = s.guest(1, '''basename $(readlink -f \
        /sys/bus/cxl/devices/mem0/../..)''')
    holds(port.startswith('0000:'), f'{port} is no port.')
    # Bridge Control, bit 6, as a driver without knowledge of CXL does it
    s.guest(1, f'''config=/sys/bus/pci/devices/{port}/config
        byte() {{
            od -A n -t u1 -j 62 -N 1 $config | tr -d ' '
        }}
        put() {{
            printf "\\\\$(printf %o $1)" |
                dd of=$config bs=1 seek=62 count=1 conv=notrunc 2>/dev/null
        }}
        before=$(byte)
        put $((before | 64))
        sleep 0.1
        put $before
        sleep 0.5''')
    still_there(s)


@test('{what}: a bus reset that is not takes the region, and QEMU says so')
def unmasked(s: Scenario, what: str) -> None:
    """Linux unmasks it for its reset method cxl_bus. Guest and QEMU live."""
    # pylint: disable=unused-argument
    reset(s, 'cxl_bus', 1)
    refuse(s.monitor(1, 'info cxl'), ': ram$')
    expect(s.monitor(1, 'info cxl'), 'unmapped')
    s.guest(1, './daxreader 2>&1 || true')


@test('{what}: all is well after a reboot')
def rebooted(s: Scenario, what: str) -> None:
    """The memory was never touched."""
    s.reboots(1)
    s.guest(1, 'cd /root; ./create_region.sh; ./dax_mode.sh')
    still_there(s)
    driver.body(s, what)


def run(s: Scenario) -> None:
    """The tests in their order, on each kernel."""
    for kernel in s.on_kernels('resets'):
        what = f'Linux {kernel}'
        s.up(1, '--kernel', kernel)
        region(s, what)
        function_level(s, what)
        driver(s, what)
        masked(s, what)
        unmasked(s, what)
        rebooted(s, what)
        s.down()
