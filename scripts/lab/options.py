# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of cxl-lab.

Not argparse's work: ssh and monitor pass on what follows the guest's number
as it is, and each mistake is told in a sentence that says what to do.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import usage
from .paths import BUILD, LABS
from .story import Failure

# Commands that pass on what follows their first word
PASS_ON = ('ssh', 'monitor', 'fence', 'pool')

# How many words others take
WORDS = {'demo': 0, 'up': 0, 'console': 1, 'attach': 2, 'detach': 2,
         'watch': 0, 'status': 0, 'down': 1, 'image': 0, 'qemu-args': 0}

# What a guest may do with the memory of a pool
ACCESS = ('shared', 'read-only', 'exclusive')


class Help(Exception):
    """The user wants to read this."""


@dataclass
class Options:
    """What the user wants, with what holds where nothing was said."""
    # pylint: disable=too-many-instance-attributes # there are as many options
    command: str = ''
    words: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    name: str = 'lab'
    name_given: bool = False
    guests: str = ''
    kernel: str = '6.12'
    initrd: str = ''
    arch: str = 'x86_64'
    size: str = '512M'
    memory: str = '4G'
    smp: str = '4'
    port_base: str = '2222'
    accel: str = 'auto'
    setup: str = 'firmware'
    qemu_dir: str = str(BUILD)
    bare: bool = False
    persistent: bool = False
    pool: bool = False
    coherency: bool = False
    access: str = ''
    poison: bool = False
    fresh: bool = False
    keep: bool = False

    @property
    def directory(self) -> Path:
        """Where the lab's files are."""
        return LABS / self.name

    @property
    def qemu(self) -> Path:
        """Where QEMU is."""
        return Path(self.qemu_dir)

    @property
    def count(self) -> int:
        """How many guests."""
        return int(self.guests)

    @property
    def base(self) -> int | None:
        """The first port; None if one is to be found."""
        return None if self.port_base == 'auto' else int(self.port_base)


FLAGS = {'--bare': 'bare', '--coherency': 'coherency', '--fresh': 'fresh',
         '--keep': 'keep', '--persistent': 'persistent', '--poison': 'poison',
         '--pool': 'pool'}
VALUES = {'--name': 'name', '--access': 'access', '--guests': 'guests',
          '--kernel': 'kernel', '--initrd': 'initrd', '--arch': 'arch',
          '--size': 'size', '--memory': 'memory', '--smp': 'smp',
          '--port-base': 'port_base', '--accel': 'accel', '--setup': 'setup',
          '--qemu-dir': 'qemu_dir'}


def parse(arguments: list[str]) -> Options:
    """Takes the command line apart; check() looks at the values."""
    options = Options()
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word in ('-h', '--help'):
            raise Help(usage.COMMANDS.get(options.command, usage.GENERAL))
        if word in FLAGS:
            setattr(options, FLAGS[word], True)
        elif word == '--':
            options.extra, words = words, []
        elif word.startswith('--'):
            name, equals, value = word.partition('=')
            if not equals:
                if not words:
                    raise Failure(f'{name} needs a value; see --help.')
                value = words.pop(0)
            take(options, name, value)
        elif word.startswith('-'):
            raise Failure(f'there is no option {word}; see --help.')
        elif not options.command:
            options.command = word
        elif options.command in PASS_ON:
            options.words, words = [word, *words], []
        else:
            options.words.append(word)
    return options


def take(options: Options, name: str, value: str) -> None:
    """One option with its value."""
    if name not in VALUES:
        raise Failure(f'there is no option {name}; see --help.')
    if name == '--setup' and value not in ('firmware', 'os'):
        raise Failure(f'--setup is firmware or os, not "{value}".')
    setattr(options, VALUES[name], value)
    options.name_given |= name == '--name'


def check(options: Options) -> None:
    """Refuses what makes no sense; fills in what follows from the rest."""
    if not re.fullmatch('[A-Za-z0-9][A-Za-z0-9_.-]{0,31}', options.name):
        raise Failure(f'"{options.name}" is no name for a lab; use up to 32 '
                      'letters, digits, dots, dashes and underscores.')
    if options.poison:
        check_poison(options)
    options.guests = options.guests or (
        '1' if options.persistent else '3' if options.pool else '2')
    if not re.fullmatch('[1-9]', options.guests):
        raise Failure('--guests takes a number from 1 to 9.')
    if not re.fullmatch('[1-9][0-9]{0,2}', options.smp):
        raise Failure('--smp takes a number of processors.')
    for size in options.size, options.memory:
        if not re.fullmatch('[1-9][0-9]*[MG]', size):
            raise Failure(f'"{size}" is no size; write one such as 512M or '
                          '4G.')
    # A comma at the end stands between no two.
    check_words(options)
    options.arch = options.arch.removesuffix(',')
    options.kernel = options.kernel.removesuffix(',')
    check_ports(options)
    if options.accel not in ('auto', 'kvm', 'tcg'):
        raise Failure('--accel takes kvm, tcg or auto.')
    if options.persistent:
        check_persistent(options)
    check_pool(options)
    check_coherency(options)
    check_files(options)
    options.qemu_dir = os.path.realpath(options.qemu_dir)


def check_words(options: Options) -> None:
    """What a command does not know what to do with."""
    count = WORDS.get(options.command, len(options.words))
    if len(options.words) > count:
        raise Failure(f'"{options.words[count]}" is too much; see "scripts/'
                      f'cxl-lab {options.command} --help".')
    if options.command == 'down' and options.words and \
            not re.fullmatch('[1-9]', options.words[0]):
        raise Failure('say which guest: scripts/cxl-lab down 1; or which lab: '
                      'scripts/cxl-lab down --name NAME')


def check_ports(options: Options) -> None:
    """All guests' ports must be ports."""
    if options.port_base != 'auto' and not (
            re.fullmatch('[1-9][0-9]{0,4}', options.port_base) and
            int(options.port_base) + options.count <= 65536):
        raise Failure('--port-base takes a port number or "auto".')


def check_files(options: Options) -> None:
    """With an initramfs of the user's, the kernel is the user's, too."""
    if not options.initrd:
        for kernel in options.kernel.split(','):
            if '/' in kernel:
                raise Failure('--kernel FILE and --initrd FILE go together; '
                              f'"{kernel}" has no initramfs.')
            if not re.match('[0-9]|newest$', kernel):
                raise Failure(f'"{kernel}" names no kernel; choose 6.1, 6.12, '
                              'newest or a version such as 6.12.107.')
        return
    for name in 'kernel', 'initrd':
        files = getattr(options, name).split(',')
        for file in files:
            if not os.path.isfile(file):
                raise Failure(f'--kernel FILE and --initrd FILE go together; '
                              f'there is no file "{file}".')
        setattr(options, name, ','.join(map(os.path.realpath, files)))


def check_poison(options: Options) -> None:
    """What --poison does not go with."""
    if options.command != 'demo' or (options.persistent or options.bare or
                                     options.pool):
        raise Failure('--poison is for "scripts/cxl-lab demo" alone.')
    if options.accel == 'kvm':
        raise Failure('poison does not bite under KVM; leave out --accel.')
    if options.guests not in ('', '1'):
        raise Failure('--poison takes one guest.')
    options.accel = 'tcg'
    options.guests = '1'


def check_persistent(options: Options) -> None:
    """What --persistent does not go with."""
    if options.bare:
        raise Failure('choose one of --bare and --persistent.')
    if options.count != 1:
        raise Failure('persistent memory belongs to one guest, because two '
                      "kernels would destroy each other's file systems; leave "
                      'out --guests.')


def check_pool(options: Options) -> None:
    """What --pool does not go with, and what goes with it alone."""
    if options.pool and (options.bare or options.persistent):
        raise Failure('choose one of --bare, --persistent and --pool.')
    if options.access and not options.pool:
        raise Failure('--access goes with --pool.')
    for access in options.access.split(','):
        if options.access and access not in ACCESS:
            raise Failure(f'--access takes {", ".join(ACCESS)}, or a list, '
                          f'not "{access}".')


def check_coherency(options: Options) -> None:
    """What --coherency does not go with; it decides how guests run."""
    if not options.coherency:
        return
    if options.bare:
        raise Failure('choose one of --bare and --coherency.')
    if options.command == 'demo' and (options.persistent or options.poison):
        raise Failure('a demo is one of --persistent, --poison and '
                      '--coherency.')
    if options.accel == 'kvm':
        raise Failure('what guests do to caches is not seen with KVM; leave '
                      'out --accel.')
    options.accel = 'tcg'


def pick(values: str, n: int) -> str:
    """The nth of a list with commas, or its last."""
    items = values.split(',')
    return items[min(n, len(items)) - 1]


def mebibytes(size: str) -> int:
    """Of a size with M or G."""
    return int(size[:-1]) * (1024 if size.endswith('G') else 1)
