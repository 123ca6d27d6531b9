# SPDX-License-Identifier: GPL-2.0-or-later
"""What each command of cxl-lab does, and the program's beginning and end."""

import io
import os
import signal
import sys
from typing import Callable, NoReturn

from . import host, hotplug, options as command_line, pool as pools, prepare
from . import qemu, usage, watching
from .demo import Demo, how_to_use
from .guest import Guest
from .inject import inject as inject_into
from .labs import ENDS, Lab, all_guests
from .options import Options, pick
from .paths import LABS
from .poison import PoisonDemo
from .pooldemo import PoolDemo
from .process import replace
from .ring import Ring
from .story import Failure, Said, Story, tell, visible

STATUS = '{:<16} {:<5} {:<8} {:<5} {:<8} {:<5} {}'


def the_guest(lab: Lab) -> Guest:
    """The guest whose number is on the command line; it must run."""
    words, name = lab.options.words, lab.options.name
    n = words[0] if words else ''
    if n not in tuple('123456789'):
        raise Failure('say which guest: scripts/cxl-lab '
                      f'{lab.options.command} 1')
    guest = lab.guest(int(n))
    if not guest.about:
        raise Failure(f'lab "{name}" has no guest {n}; "scripts/cxl-lab '
                      'status" shows what there is.')
    if not guest.running():
        raise Failure(f'guest {n} of lab "{name}" is not running; start the '
                      'lab with "scripts/cxl-lab up".')
    return guest


def demo(lab: Lab) -> None:
    """The demo that the options ask for."""
    lab.options.fresh = True
    if lab.options.poison:
        lab.story.steps = 9
        PoisonDemo(lab).run()
    elif lab.options.coherency:
        lab.story.steps = 7
        lab.options.guests = '2'
        Ring(lab).run()
    elif lab.options.persistent:
        lab.story.steps = 8
        Demo(lab).persistent()
    elif lab.options.pool:
        lab.options.guests = '3'
        lab.options.access = 'shared,shared,read-only'
        PoolDemo(lab).run()
    else:
        lab.story.steps = 6
        lab.options.guests = '2'
        Demo(lab).message()


def up(lab: Lab) -> None:  # pylint: disable=invalid-name
    """Starts a lab and leaves it running."""
    lab.story.steps = 3
    lab.story.step('QEMU with CXL')
    prepare.need_qemu(lab.options)
    lab.story.step(f'starting {lab.options.count} guest(s)')
    host.need_key()
    lab.start()
    lab.story.step('waiting until they have booted')
    for n in range(1, lab.options.count + 1):
        lab.wait(n)
    lab.leave()
    how_to_use(lab)


def ssh(lab: Lab) -> None:
    """A shell or a command in a guest, byte by byte."""
    replace(the_guest(lab).ssh_command(*lab.options.words[1:]))


def console(lab: Lab) -> None:
    """A guest's serial console."""
    guest = the_guest(lab)
    host.need_packages('socat')
    print('Ctrl-] leaves the console; Enter shows a prompt.', file=sys.stderr,
          flush=True)
    guest.open_socket('console.sock')


def monitor(lab: Lab) -> None:
    """QEMU's monitor of a guest, or one command for it."""
    guest = the_guest(lab)
    if len(lab.options.words) == 1:
        guest.open_socket('monitor.sock')
    try:
        output = guest.monitor(' '.join(lab.options.words[1:]))
    except TimeoutError:
        raise Failure(f'the monitor of guest {guest.n} does not answer; '
                      'another program may be connected to '
                      f'{guest.directory}/monitor.sock.') from None
    text = visible(output)
    print(text, end='', flush=True)


def attach(lab: Lab) -> None:
    """One more device for a guest."""
    guest = the_guest(lab)
    words = lab.options.words[1:]
    if lab.options.pool and not words:
        pools.state_file(lab)
        hotplug.attach(guest, str(lab.directory / 'shared.mem'),
                       qemu.pooled(lab.options, guest.n))
    elif len(words) == 1 and not lab.options.pool:
        hotplug.attach(guest, words[0])
    else:
        raise Failure('say how large it is, or which file it is, or --pool: '
                      'scripts/cxl-lab attach 1 256M')


def detach(lab: Lab) -> None:
    """One device less."""
    guest = the_guest(lab)
    if len(lab.options.words) != 2:
        raise Failure('say which device: scripts/cxl-lab detach 1 attached1')
    hotplug.detach(guest, lab.options.words[1])


def fence(lab: Lab) -> None:
    """A guest loses the pool's memory."""
    pools.fence(lab, lab.options.words)


def pool(lab: Lab) -> None:
    """What cxl-pool does with the lab's pool."""
    pools.run(lab, lab.options.words)


def inject(lab: Lab) -> None:
    """An error, an event or poison for a guest."""
    guest = the_guest(lab)
    if len(lab.options.words) < 2:
        raise Failure('say what: scripts/cxl-lab inject 1 poison start=0')
    inject_into(guest, lab.options.words[1], lab.options.words[2:])


def watch(lab: Lab) -> None:
    """The lab, live."""
    if not any(guest.running() for guest in lab.guests()):
        raise Failure(f'no guest of lab "{lab.options.name}" is running; '
                      'start the lab with "scripts/cxl-lab up".')
    watching.watch(lab)


def status(lab: Lab) -> None:
    """A line for each guest."""
    found = [guest for guest in all_guests()
             if not lab.options.name_given or guest.lab == lab.options.name]
    if not found:
        tell('There is no lab; "scripts/cxl-lab up" starts one.')
        return
    tell(STATUS.format('LAB', 'GUEST', 'STATE', 'PORT', 'ARCH', 'ACCEL',
                       'KERNEL'))
    for guest in found:
        port, arch, release, accel = guest.about or [''] * 4
        tell(STATUS.format(guest.lab, guest.n, guest.state(), port, arch,
                           accel, release))


def down(lab: Lab) -> None:
    """Stops the lab's guests, or one of them."""
    if not lab.directory.is_dir():
        raise Failure(f'there is no lab "{lab.options.name}"; '
                      '"scripts/cxl-lab status" shows what there is.')
    wanted = lab.options.words[:1]
    stopped = 0
    for guest in lab.guests():
        if not wanted or str(guest.n) == wanted[0]:
            stopped += guest.running()
            guest.stop()
    tell(f'{stopped} guest(s) of lab "{lab.options.name}" stopped.')


def image(lab: Lab) -> None:
    """Kernel and initramfs of each guest."""
    arches, kernels = lab.options.arch, lab.options.kernel
    for n in range(1, 1 + max(arches.count(','), kernels.count(',')) + 1):
        built = host.image(host.architecture(pick(arches, n)),
                           pick(kernels, n), pick(lab.options.initrd, n))
        tell(f'{built.kernel} {built.initrd}')


def qemu_args(lab: Lab) -> None:
    """The command lines of all guests."""
    if lab.options.base is None:
        lab.choose_ports()
    for n in range(1, lab.options.count + 1):
        machine = lab.machine(n)
        tell(f'# guest {n}; in {lab.guest(n).directory}')
        tell(qemu.text(machine.command))


COMMANDS: dict[str, Callable[[Lab], None]] = {
    'demo': demo, 'up': up, 'ssh': ssh, 'console': console,
    'monitor': monitor, 'attach': attach, 'detach': detach, 'fence': fence,
    'pool': pool, 'inject': inject, 'watch': watch,
    'status': status, 'down': down, 'image': image, 'qemu-args': qemu_args,
}


# Those that make files
MAKE = ('demo', 'up', 'image', 'qemu-args')


def run(options: Options) -> None:
    """Does what the options say; guests that it started and did not get
    where they should are stopped, however it ends."""
    if options.command not in COMMANDS:
        raise Failure(f'there is no command "{options.command}"; see --help.')
    command_line.check(options)
    LABS.mkdir(parents=True, exist_ok=True)
    if options.command in MAKE and not os.access(LABS, os.W_OK):
        raise Failure(f'{LABS} belongs to {LABS.owner()} and cannot be written '
                      'to; become that user, or have a checkout of your own.')
    lab = Lab(options, Story())
    try:
        COMMANDS[options.command](lab)
    finally:
        lab.cleanup()


def interrupted(number: int, _: object) -> NoReturn:
    """What is left undone is undone on the way out."""
    sys.exit(130 if number == signal.SIGINT else 143)


def main() -> NoReturn:
    """The program; its exit status is that of the command."""
    for number in ENDS:
        signal.signal(number, interrupted)
    # Names of files may be no text, and locales lack characters.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')
    try:
        options = command_line.parse(sys.argv[1:])
        if not options.command:
            sys.stderr.write(usage.GENERAL)
            sys.exit(1)
        run(options)
    except command_line.Help as text:
        print(text, end='')
    except Said:
        sys.exit(1)
    except Failure as failure:
        if failure.evidence:
            print(failure.evidence, file=sys.stderr)
        print(f'cxl-lab: {failure}', file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # Nobody reads any more. Python shall not say so at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        # Of files and programs of the host: a full disk, no ssh
        print(f'cxl-lab: {error}.', file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
