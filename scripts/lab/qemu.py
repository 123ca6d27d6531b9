# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of a guest's QEMU, for use in the guest's directory."""

import shlex
from dataclasses import dataclass

from . import host
from .options import Options, mebibytes, pick
from .story import Failure


@dataclass(frozen=True)
class Machine:
    """A guest's QEMU: its command line and what "about" says of it."""
    command: list[str]
    arch: str
    release: str
    accel: str

    @property
    def about(self) -> str:
        """As in a guest's file of that name."""
        return f'{self.arch} {self.release} {self.accel}'


def setup_of(options: Options, arch: str, release: str) -> str:
    """Who programs the decoders of a guest."""
    if options.persistent and release.startswith('6.1.'):
        # It puts together no regions, and makes persistent ones.
        if arch != 'x86_64':
            raise Failure(f'Linux 6.1 of {arch} cannot use persistent CXL '
                          'memory; use --kernel 6.12.')
        return 'os'
    return options.setup


# The state of the lab's pool, in its directory
POOL = 'shared.pool'

# Room for a device that is attached later: a port, and addresses. Both come
# after what the lab itself needs, so that Linux numbers that as ever, with
# numbers that users do not give to ports of their own. Linux 6.1 takes a
# bridge with one root port for one without decoders; with this one, there are
# two.
SPARE_PORT = 'cxl-rp,id=spare0,bus=cxl.0,addr=0x1f,chassis=0,port=31,slot=31'
SPARE_WINDOW = ',cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=4G'


# On a busy host, Linux misjudges its clock while it boots: when it changes to a
# better one, a minute and more has passed at once, and it takes a processor for
# stuck that is not.
PATIENT = 'rcupdate.rcu_cpu_stall_suppress_at_boot=1'


def pooled(options: Options, n: int) -> dict[str, str | int]:
    """The properties of cxl-type3 that make a device head n - 1 of the lab's
    pool, which is guest n's."""
    return {'pool': f'../{POOL}', 'head': n - 1,
            'access': pick(options.access, n) or 'shared'}


def cxl(options: Options, setup: str, n: int) -> list[str]:
    """The CXL device of the lab, in guest n."""
    window = f'cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size={options.size}'
    memory = f'memory-backend-file,id=mem0,size={options.size},share=true'
    if setup != 'os':
        window += ',cxl-fmw.0.setup=firmware'
    if options.coherency:
        window += ',cxl-coherency=software'
    words = ['-device', 'pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52',
             '-device', 'cxl-rp,id=rp0,bus=cxl.0,chassis=0,port=0,slot=0']
    if options.persistent:
        # Host-only coherent and persistent, 2 + 8: firmware sets that up.
        window += ',cxl-fmw.0.restrictions=10'
        words += [
            '-object', f'{memory},mem-path=../persistent.mem',
            '-object', 'memory-backend-file,id=lsa0,size=128K,share=true,'
            'mem-path=../labels.mem',
            '-device', 'cxl-type3,bus=rp0,persistent-memdev=mem0,lsa=lsa0,'
            'id=cxl-mem0,sn=0x1']
    else:
        words += [
            '-object', f'{memory},mem-path=../shared.mem',
            '-device', 'cxl-type3,bus=rp0,volatile-memdev=mem0,id=cxl-mem0']
    if options.pool:
        words[-1] += ''.join(f',{name}={value}' for name, value in
                             pooled(options, n).items())
    return words + ['-device', SPARE_PORT, '-M', window + SPARE_WINDOW]


def processor(arch: str, setup: str) -> tuple[list[str], str]:
    """Machine and processor, and the name of the console."""
    if arch == 'aarch64':
        return (['-machine', 'type=virt,cxl=on,gic-version=3', '-cpu', 'max',
                 '-bios', 'QEMU_EFI.fd'], 'ttyAMA0')
    # Linux creates CXL regions only where it may write back all CPU caches,
    # which it does not try when it knows of a hypervisor.
    hidden = '' if setup == 'firmware' else ',hypervisor=off'
    return (['-machine', 'type=q35,cxl=on', '-cpu', f'max{hidden}'], 'ttyS0')


def machine(options: Options, base: int, n: int, kth: int = 0) -> Machine:
    """QEMU of guest n, with the kth kernel and architecture (default: the
    nth). Ports begin at base."""
    kth = kth or n
    arch = host.architecture(pick(options.arch, kth))
    image = host.image(arch, pick(options.kernel, kth),
                       pick(options.initrd, kth))
    program = options.qemu / f'qemu-system-{arch}'
    accel = options.accel
    if accel == 'auto':
        accel = host.accelerator(program, arch)
    setup = setup_of(options, arch, image.release)
    words, console = processor(arch, setup)

    command = [
        str(program), '-name', f'cxl-lab-{options.name}-{n}', '-accel', accel,
        '-smp', options.smp, '-m', f'{options.memory},slots=4,'
        f'maxmem={mebibytes(options.memory) + 4096}M', *words,
        '-kernel', image.kernel, '-initrd', image.initrd, '-append',
        f'console={console} memhp_default_state=offline {PATIENT} cxl-lab={n}',
        '-nodefaults', '-display', 'none',
        # Appended to, so that it can be made shorter meanwhile
        '-chardev', 'socket,id=console,path=console.sock,server=on,wait=off,'
        'logfile=console.log,logappend=on', '-serial', 'chardev:console',
        '-monitor', 'unix:monitor.sock,server=on,wait=off',
        '-qmp', 'unix:qmp.sock,server=on,wait=off',
        '-qmp', 'unix:watch.sock,server=on,wait=off', '-net', 'nic', '-net',
        f'user,hostfwd=tcp:127.0.0.1:{base + n - 1}-:22']
    if not options.bare:
        command += cxl(options, setup, n)
    command += [word.replace('%n', str(n)).replace('%d',
                                                   str(options.directory))
                for word in options.extra]
    return Machine(command, arch, image.release, accel)


def text(command: list[str]) -> str:
    """A command line ready for a shell, an option per line."""
    return ' '.join(('\\\n  ' if word.startswith('-') else '') +
                    shlex.quote(word) for word in command)
