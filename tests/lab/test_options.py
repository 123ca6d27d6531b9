# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of cxl-lab."""

import os
import subprocess
import unittest

from lab import host, options as command_line, qemu, usage
from lab.options import Help, Options, pick
from lab.paths import ROOT
from lab.story import Failure

# command line, words of the sentence
BAD = [
    ('up --name', ['--name', 'value']),
    ('up -x', ['-x', '--help']),
    ('up --what=1', ['--what']),
    ('up --name a/b', ['a/b', 'letters']),
    ('up --name ' + 'x' * 33, ['32']),
    ('up --guests 0', ['--guests', '1 to 9']),
    ('up --guests 10', ['--guests']),
    ('up --smp many', ['--smp']),
    ('up --size 512', ['"512"', '512M']),
    ('up --memory 0G', ['"0G"']),
    ('up --port-base 0', ['--port-base']),
    ('up --port-base 65535', ['--port-base']),
    ('up --port-base 99999', ['--port-base']),
    ('up --accel hvf', ['--accel', 'kvm']),
    ('up --setup me', ['--setup', '"me"']),
    ('up --kernel 6.12 --initrd x', ['--kernel FILE', '"6.12"']),
    ('up --kernel /boot/vmlinuz', ['--initrd FILE', '"/boot/vmlinuz"']),
    ('up --kernel debian', ['"debian" names no kernel', '6.12']),
    ('up --kernel 6.12,,newest', ['"" names no kernel']),
    ('up 2', ['"2" is too much', 'up --help']),
    ('status second', ['"second"', 'status --help']),
    ('attach 1 256M 2', ['"2"', 'attach --help']),
    ('down second', ['which guest', '--name NAME']),
    ('up --persistent --bare', ['--bare', '--persistent']),
    ('up --pool --bare', ['--bare', '--pool']),
    ('up --pool --persistent', ['--persistent', '--pool']),
    ('up --coherency --bare', ['--bare', '--coherency']),
    ('demo --coherency --persistent', ['--persistent', '--coherency']),
    ('up --coherency --accel kvm', ['KVM', '--accel']),
    ('up --access shared', ['--access', '--pool']),
    ('up --pool --access shared,all', ['"all"', 'read-only']),
    ('up --pool --access shared,', ['""']),
    ('up --poison', ['--poison', 'demo']),
    ('demo --poison --persistent', ['--poison', 'alone']),
    ('demo --poison --pool', ['--poison', 'alone']),
    ('demo --poison --accel kvm', ['KVM', '--accel']),
    ('demo --poison --guests 2', ['--poison', 'one guest']),
    ('up --persistent --guests 2', ['persistent', 'one guest']),
]

# What the lab has taken from its first version on, and what that means:
# scripts of others have such lines
OLD: list[tuple[str, dict[str, object]]] = [
    ('demo', {'guests': '2', 'kernel': '6.12', 'size': '512M'}),
    ('demo --keep --size 4G --kernel 6.12,newest',
     {'keep': True, 'size': '4G', 'kernel': '6.12,newest'}),
    ('demo --persistent --arch aarch64',
     {'persistent': True, 'guests': '1', 'arch': 'aarch64'}),
    ('demo --persistent --guests=1 --kernel 6.12,', {'kernel': '6.12'}),
    ('up', {'memory': '4G', 'smp': '4', 'accel': 'auto', 'fresh': False}),
    ('up --name=second --port-base=2300', {'name': 'second', 'base': 2300}),
    ('up --port-base auto --fresh', {'base': None, 'fresh': True}),
    ('up --guests 9 --memory 2048M --smp 2 --accel tcg',
     {'count': 9, 'memory': '2048M', 'smp': '2', 'accel': 'tcg'}),
    ('up --accel kvm --qemu-dir /nowhere/../usr', {'qemu_dir': '/usr'}),
    ('up --arch amd64,arm64 --kernel 6.1', {'arch': 'amd64,arm64'}),
    ('up --setup os --bare -- -device x --name y',
     {'setup': 'os', 'bare': True, 'name': 'lab',
      'extra': ['-device', 'x', '--name', 'y']}),
    ('up --guests 1 --', {'extra': []}),
    ('--name second ssh 1 ls -l',
     {'command': 'ssh', 'name': 'second', 'words': ['1', 'ls', '-l']}),
    ('ssh 1 --name second', {'name': 'lab', 'words': ['1', '--name',
                                                      'second']}),
    ('console --name second 1', {'words': ['1']}),
    ('console 1 --name second', {'name': 'second', 'words': ['1']}),
    ('monitor 1 info mtree -f', {'words': ['1', 'info', 'mtree', '-f']}),
    ('status --name second', {'name_given': True}),
    ('status', {'name_given': False}),
    ('down --name second 2', {'words': ['2']}),
    ('down 2 --name second', {'name': 'second', 'words': ['2']}),
    ('image --arch aarch64 --kernel newest', {'kernel': 'newest'}),
    ('qemu-args --guests 1 -- -S', {'command': 'qemu-args', 'extra': ['-S']}),
]


def parsed(line: str) -> Options:
    """Options of a command line, with all checks."""
    options = command_line.parse(line.split())
    command_line.check(options)
    return options


class Good(unittest.TestCase):
    """What a command line means."""

    def test_old_command_lines(self) -> None:
        for line, wanted in OLD:
            with self.subTest(line):
                options = parsed(line)
                self.assertEqual({name: getattr(options, name)
                                  for name in wanted}, wanted)

    def test_defaults(self) -> None:
        options = parsed('up')
        self.assertEqual((options.name, options.count, options.base,
                          options.setup), ('lab', 2, 2222, 'firmware'))

    def test_values_both_ways(self) -> None:
        self.assertEqual(parsed('up --size 1G'), parsed('up --size=1G'))

    def test_caches_are_emulated(self) -> None:
        options = parsed('up --coherency')
        self.assertEqual((options.accel, options.count), ('tcg', 2))

    def test_caches_of_a_pool(self) -> None:
        for line in 'up --pool --coherency', 'up --coherency --pool':
            options = parsed(line)
            self.assertEqual((options.accel, options.count), ('tcg', 3))
            words = ' '.join(qemu.cxl(options, 'firmware', 2))
            self.assertIn(',cxl-coherency=software', words)
            self.assertIn(',pool=../shared.pool,head=1,access=shared', words)

    def test_persistent_memory_has_one_guest(self) -> None:
        self.assertEqual(parsed('up --persistent').count, 1)

    def test_a_pool_has_three_guests(self) -> None:
        options = parsed('up --pool --access shared,read-only')
        self.assertEqual(options.count, 3)
        self.assertEqual([qemu.pooled(options, n) for n in (1, 3)], [
            {'pool': '../shared.pool', 'head': 0, 'access': 'shared'},
            {'pool': '../shared.pool', 'head': 2, 'access': 'read-only'}])

    def test_only_pools_have_heads(self) -> None:
        for line in 'up', 'up --pool':
            options = parsed(line)
            words = ' '.join(qemu.cxl(options, 'firmware', 2))
            self.assertEqual('pool=../shared.pool,head=1,access=shared' in
                             words, options.pool)

    def test_a_comma_at_the_end(self) -> None:
        self.assertEqual(parsed('up --kernel 6.12, --arch arm64,'),
                         parsed('up --kernel 6.12 --arch arm64'))

    def test_ports_are_found(self) -> None:
        self.assertIsNone(parsed('up --port-base auto').base)

    def test_what_follows_two_dashes(self) -> None:
        options = parsed('up --bare -- -device x --bare')
        self.assertEqual(options.extra, ['-device', 'x', '--bare'])

    def test_files_of_the_user(self) -> None:
        options = parsed(f'up --kernel {__file__} --initrd {__file__}')
        image = host.image('x86_64', options.kernel, options.initrd)
        self.assertEqual((image.kernel, image.initrd),
                         (os.path.realpath(__file__),) * 2)

    def test_ssh_passes_on(self) -> None:
        options = parsed('ssh --name a 1 ls --help -- -l')
        self.assertEqual(options.words, ['1', 'ls', '--help', '--', '-l'])

    def test_pool_passes_on(self) -> None:
        options = parsed('pool --name a set-access --range 0+2M 1=none')
        self.assertEqual(options.words, ['set-access', '--range', '0+2M',
                                         '1=none'])

    def test_of_a_list(self) -> None:
        self.assertEqual([pick('a,b', n) for n in (1, 2, 3)], ['a', 'b', 'b'])


class Bad(unittest.TestCase):
    """Each mistake has its sentence."""

    def test_sentences(self) -> None:
        for line, words in BAD:
            with self.subTest(line), self.assertRaises(Failure) as caught:
                parsed(line)
            for word in words:
                self.assertIn(word, str(caught.exception))


class Usage(unittest.TestCase):
    """Help, of the program and of each command."""

    def test_help(self) -> None:
        for line, text in [('--help', usage.GENERAL), ('-h', usage.GENERAL),
                           ('no-such --help', usage.GENERAL),
                           *((f'{command} --help', text) for command, text in
                             usage.COMMANDS.items())]:
            with self.subTest(line), self.assertRaises(Help) as caught:
                command_line.parse(line.split())
            self.assertEqual(str(caught.exception), text)

    def test_lines_are_short(self) -> None:
        for text in [usage.GENERAL, *usage.COMMANDS.values()]:
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_every_command_and_option_is_there(self) -> None:
        for word in [*usage.COMMANDS, *command_line.VALUES,
                     *command_line.FLAGS]:
            self.assertRegex(usage.GENERAL, rf'(?m)^  {word}\b')


class Program(unittest.TestCase):
    """scripts/cxl-lab from outside: status, and where its words go."""

    def cxl_lab(self, *words: str) -> 'subprocess.CompletedProcess[str]':
        """Runs it where nothing of its host's matters."""
        return subprocess.run([ROOT / 'scripts/cxl-lab', *words], text=True,
                              capture_output=True, check=False, timeout=60,
                              cwd='/', env={'PATH': os.environ['PATH']})

    def test_nothing(self) -> None:
        done = self.cxl_lab()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, '', usage.GENERAL))

    def test_help(self) -> None:
        done = self.cxl_lab('--help')
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, usage.GENERAL, ''))

    def test_a_mistake(self) -> None:
        done = self.cxl_lab('fly')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (
            1, '', 'cxl-lab: there is no command "fly"; see --help.\n'))

    def test_no_such_lab(self) -> None:
        for words in ('down',), ('ssh', '1'), ('console', '1'), \
                ('fence', '1'), ('pool', 'status'):
            done = self.cxl_lab(*words, '--name=no-such-lab') \
                if len(words) == 1 else \
                self.cxl_lab(words[0], '--name', 'no-such-lab', words[1])
            self.assertEqual(done.returncode, 1)
            self.assertIn('"no-such-lab"', done.stderr)


if __name__ == '__main__':
    unittest.main()
