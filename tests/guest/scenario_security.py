# SPDX-License-Identifier: GPL-2.0-or-later
"""one guest per kernel: ndctl's passphrases, over a restart of QEMU too

With keys of the kernel's, as ndctl uses them: a key of type "user" encrypts
those of the devices.
"""

# The kernel is in the sentences of the tests
# pylint: disable=unused-argument

from framework import (ALONE, Failed, Scenario, expect, holds, is_killed,
                       kernel_is_calm, refuse, test)

SIZE = 268435456
DEVICES = [
    '-object', f'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,'
    f'size={SIZE}',
    '-object', 'memory-backend-file,id=lsa,share=on,mem-path=%d/lsa,size=128K',
    '-device', 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
    '-device', 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2',
    '-device', 'cxl-type3,id=dev0,bus=port0,persistent-memdev=pmem,lsa=lsa,'
    'state-file=%d/state,sn=0x1',
    '-M', 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G']

KEYS = '/etc/ndctl/keys'
# A key that the kernel keeps for the user
USER_KEY = f'''mkdir -p {KEYS}
    keyctl add user nvdimm-master 0123456789abcdef0123456789abcdef @u
'''


def state(s: Scenario) -> str:
    """Linux's word for it."""
    return s.guest(1, 'ndctl list -D -d nmem0')


def expect_state(s: Scenario, word: str) -> None:
    """As ndctl and sysfs say it."""
    expect(state(s), f'"security":"{word}"')
    s.guest(1, f'grep -x {word} /sys/bus/nd/devices/nmem0/security')


def refused(s: Scenario, command: str) -> None:
    """A command that has to fail."""
    try:
        s.guest(1, command)
    except Failed:
        return
    raise Failed(f'"{command}" was not refused.')


@test('{kernel}: a passphrase is set', needed=True)
def set_up(s: Scenario, kernel: str) -> None:
    """The device is not locked before its next start."""
    expect_state(s, 'disabled')
    s.guest(1, USER_KEY + '''
        ndctl setup-passphrase nmem0 -k user:nvdimm-master''')
    expect_state(s, 'unlocked')
    expect(s.monitor(1, 'info cxl'), 'passphrase')


@test('{kernel}: it is changed')
def update(s: Scenario, kernel: str) -> None:
    """To another that the kernel makes."""
    s.guest(1, 'ndctl update-passphrase nmem0')
    expect_state(s, 'unlocked')


def keep_keys(s: Scenario) -> bytes:
    """The guest has no disk: its encrypted keys."""
    return s.raw(1, f'tar -C {KEYS} -c .')


@test('{kernel}: the device is locked when QEMU starts again')
def locked(s: Scenario, kernel: str) -> None:
    """Its state-file knows of the passphrase."""
    expect_state(s, 'locked')
    expect(s.monitor(1, 'info cxl'), 'locked')


@test('{kernel}: ndctl does not unlock it without the key')
def no_key(s: Scenario, kernel: str) -> None:
    """Linux has none to give. The driver asks when it is bound."""
    s.guest(1, 'ndctl disable-dimm nmem0; ndctl enable-dimm nmem0')
    expect_state(s, 'locked')


@test('{kernel}: with the key it does')
def unlock(s: Scenario, kernel: str, keys: bytes) -> None:
    """Of the file."""
    s.raw(1, f'mkdir -p {KEYS}; tar -C {KEYS} -x', keys)
    s.guest(1, USER_KEY + f'''
        for blob in {KEYS}/nvdimm_*.blob; do
            id=${{blob#*/nvdimm_}}
            keyctl add encrypted nvdimm:${{id%_*}} "load $(cat $blob)" @u
        done
        ndctl disable-dimm nmem0
        ndctl enable-dimm nmem0''')
    expect_state(s, 'unlocked')


@test('{kernel}: the passphrase is removed and set again')
def remove(s: Scenario, kernel: str) -> None:
    """With its key."""
    s.guest(1, 'ndctl remove-passphrase nmem0')
    expect_state(s, 'disabled')
    s.guest(1, 'ndctl setup-passphrase nmem0 -k user:nvdimm-master')
    expect_state(s, 'unlocked')


def fill(s: Scenario) -> None:
    """Something at the end."""
    with (s.directory / 'pmem').open('r+b') as data:
        data.seek(SIZE - 4096)
        data.write(b'secret' * 100)


def erased(s: Scenario) -> None:
    """There are zeroes alone."""
    holds(not (s.directory / 'pmem').read_bytes().strip(b'\0'),
          'pmem has data.')


@test('{kernel}: sanitize-dimm erases, and takes the passphrase away')
def erase(s: Scenario, kernel: str) -> None:
    """For which the dimm must not be in use."""
    fill(s)
    s.guest(1, '''ndctl disable-dimm nmem0
        ndctl sanitize-dimm -c nmem0
        ndctl enable-dimm nmem0''')
    erased(s)
    expect_state(s, 'disabled')


@test('{kernel}: the master passphrase erases too')
def master(s: Scenario, kernel: str) -> None:
    """One beside the user's, which need not be set."""
    fill(s)
    s.guest(1, '''ndctl setup-passphrase nmem0 -m -k user:nvdimm-master
        ndctl disable-dimm nmem0
        ndctl sanitize-dimm -c -m nmem0
        ndctl enable-dimm nmem0''')
    erased(s)
    expect_state(s, 'disabled')


@test('{kernel}: a frozen device changes no passphrase')
def freeze(s: Scenario, kernel: str) -> None:
    """Until its next reset."""
    s.guest(1, '''ndctl setup-passphrase nmem0 -k user:nvdimm-master
        ndctl freeze-security nmem0''')
    expect(state(s), '"security_frozen":true')
    refused(s, 'ndctl remove-passphrase nmem0')
    refuse(state(s), '"security":"disabled"')


def guest(s: Scenario, kernel: str) -> None:
    """A lab of its own."""
    boot = ['--kernel', kernel, '--bare', '--', *DEVICES]
    s.up(1, *ALONE, *boot)
    set_up(s, kernel)
    update(s, kernel)
    keys = keep_keys(s)
    is_killed(s)
    s.up(1, *ALONE, *boot)
    locked(s, kernel)
    no_key(s, kernel)
    unlock(s, kernel, keys)
    for step in remove, erase, master, freeze:
        step(s, kernel)
    kernel_is_calm(s)
    s.down()


def run(s: Scenario) -> None:
    """The tests in their order."""
    for kernel in s.on_kernels('security'):
        guest(s, kernel)
