# SPDX-License-Identifier: GPL-2.0-or-later
"""What "cxl-lab --help" and "cxl-lab COMMAND --help" print."""

GENERAL = """\
usage: scripts/cxl-lab COMMAND [OPTION...] [-- QEMU-ARGUMENT...]

Debian guests that share one emulated CXL memory device.

  demo              two guests send each other a message through the memory
  demo --persistent one guest writes a file to persistent memory, its QEMU is
                    killed, and the file is read again
  demo --poison     a program reads a line of memory that goes bad
  demo --pool       three guests have one memory; one is killed while it
                    writes, and another becomes the owner of what it left
  demo --coherency  the same program with and without its flushes, in memory
                    that is stale until it is flushed
  up                starts a lab and leaves it running
  ssh N [COMMAND]   a shell, or one command, in guest N
  console N         the serial console of guest N (Ctrl-] leaves it)
  monitor N [COMMAND]
                    QEMU's monitor of guest N, or one monitor command
  attach N SIZE|FILE|--pool
                    one more CXL memory device for guest N, which runs
  detach N NAME     takes a CXL memory device away from guest N
  fence N           takes the memory of the lab's pool away from guest N
  pool COMMAND      what cxl-pool does with the lab's pool: status, watch,
                    set-access, reclaim, check
  inject N KIND [NAME=VALUE...]
                    poison, an event or an error for a device of guest N
  watch             shows guests, regions, memory in use and events, live
  status            all labs and their guests
  down [N]          stops a lab, or one of its guests
  image             assembles kernel and initramfs and prints where they are
  qemu-args         prints the command lines that "up" would use

"scripts/cxl-lab COMMAND --help" says more. The options are

  --name NAME       which lab (default: lab); its files are in build/lab/NAME
  --guests N        how many guests (default: 2)
  --kernel K[,K]    Debian's kernel, one for all guests or one for each: 6.1,
                    6.12, newest, or a version (default: 6.12)
  --initrd FILE     with --kernel FILE: boots these, on hosts that have no apt
                    to make guests of Debian packages; both take a list as
                    --kernel does
  --arch A[,A]      x86_64 or aarch64, one for all or one for each (default:
                    x86_64)
  --size SIZE       the shared memory, a multiple of 256M (default: 512M)
  --memory SIZE     ordinary memory of each guest (default: 4G)
  --smp N           processors of each guest (default: 4)
  --port-base PORT  guest N's ssh port is PORT + N - 1 on 127.0.0.1; "auto"
                    finds free ones (default: 2222)
  --accel ACCEL     kvm, tcg, or auto: kvm where it works (default: auto)
  --setup WHO       who programs the CXL decoders: firmware (the region is
                    there when Linux boots) or os (create_region.sh makes it;
                    x86_64 only). The default is firmware
  --bare            leaves out the CXL device, for one's own after "--"
  --qemu-dir DIR    where qemu-system-* are (default: build)
  --persistent      the device is persistent, has label storage and belongs
                    to one guest
  --poison          demo: a program reads memory that goes bad
  --pool            the device is a head of a pool (docs/pool.rst): guest N's
                    is head N - 1. The default is three guests
  --access A[,A]    with --pool: shared, read-only or exclusive, one for all
                    guests or one for each (default: shared)
  --coherency       each guest has a cache of its own of the memory, which it
                    has to flush (docs/coherency.rst); not with kvm
  --fresh           forgets what the memory held, and who had which rights
  --keep            demo: leaves the guests running

Arguments after "--" go to each guest's QEMU; in them %n is the guest's number
and %d the lab's directory.
"""

COMMANDS = {
    'demo': """\
usage: scripts/cxl-lab demo [--persistent | --poison | --pool |
                             --coherency [--pool]] [OPTION...]

Builds QEMU if it is not there, assembles the guests, boots two of them with
one CXL memory device, makes a region and /dev/dax0.0 in both, sends a message
from the first to the second and another one back, and stops them. The exit
status is 0 only if both messages arrived.

  scripts/cxl-lab demo
  scripts/cxl-lab demo --size 4G --kernel 6.12,newest
  scripts/cxl-lab demo --keep     and then: scripts/cxl-lab ssh 1

With --persistent, one guest makes a file system in persistent CXL memory and
writes a file; its QEMU is killed (SIGKILL), another is started with the same
memory, and the file is read again. The exit status is 0 only if it came back
bit for bit. Of two kernels or architectures, the first writes and the second
reads.

  scripts/cxl-lab demo --persistent
  scripts/cxl-lab demo --persistent --kernel 6.12,newest
  scripts/cxl-lab demo --persistent --arch aarch64

With --poison, a program in one guest reads a line of CXL memory again and
again; the line is poisoned by QMP, and the next read kills the program by
SIGBUS. The guest lives, and lists the line; it is cleared, and the program
runs again. The exit status is 0 only if each step held. It runs under TCG.

  scripts/cxl-lab demo --poison
  scripts/cxl-lab demo --poison --arch aarch64 --kernel newest

With --pool, three guests are heads of one pool. The first writes and the second
reads; the third may only read. The first is killed (SIGKILL) while it writes.
The second becomes the owner and finds what was written; the first comes back,
and may only read. A table says what each step has shown, and the exit status is
0 only if all of it held.

  scripts/cxl-lab demo --pool

With --coherency, each of two guests sees the memory through a cache of its
own. One sends the other 100,000 messages, which arrive; then the same program
leaves out a flush of the sender, and then one of the receiver, and messages
come to be wrong. The exit status is 0 only if all three did what they should.
With --pool as well, the memory is that of a pool, whose heads both are.

  scripts/cxl-lab demo --coherency
  scripts/cxl-lab demo --coherency --pool
""",
    'up': """\
usage: scripts/cxl-lab up [OPTION...] [-- QEMU-ARGUMENT...]

Starts a lab and returns when its guests can be used. root's home directory in
each guest has

  create_region.sh  makes a region of the CXL memory
  dax_mode.sh       makes /dev/dax0.0 of the region
  daxwriter TEXT    writes a text into it
  daxreader         shows the text
  daxpoll           shows a line of it each time it changes
  memstress         tests memory: patterns, atomics, code, DMA
  membench          measures memory
  cxldoe            shows DOE mailboxes (-l) and latency and bandwidth (-c)
  daxring           sends messages through memory that needs flushes
  daxlog            writes numbered records, or checks that none is missing

The content of the memory stays between "down" and "up" unless --fresh is
given. With --persistent, ./pmem_fs.sh mounts a file system in it. Several labs
need different names and ports:

  scripts/cxl-lab up --name second --port-base 2300
""",
    'ssh': """\
usage: scripts/cxl-lab ssh [--name NAME] N [COMMAND...]

A root shell in guest N, or one command there; its exit status is the
command's. Only the key in build/lab/.ssh opens the guests.
""",
    'console': """\
usage: scripts/cxl-lab console [--name NAME] N

The serial console of guest N, where a root shell waits. Ctrl-] leaves it. What
the console has shown so far is in build/lab/NAME/N/console.log; of more than
4 MiB, the first and the last are kept.
""",
    'monitor': """\
usage: scripts/cxl-lab monitor [--name NAME] N [COMMAND...]

QEMU's monitor of guest N (Ctrl-] leaves it), or one command for it, such as

  scripts/cxl-lab monitor 1 info mtree -f

QMP clients find their socket at build/lab/NAME/N/qmp.sock.
""",
    'attach': """\
usage: scripts/cxl-lab attach [--name NAME] N SIZE|FILE
       scripts/cxl-lab attach [--name NAME] N --pool [--access ACCESS]

Gives guest N one more CXL memory device of SIZE (a multiple of 256M), or with
the memory in FILE, which guests may share, and waits until Linux has it. The
name of the device is printed. Each guest has a free port for one device and
addresses for 4G; with "--bare", any free port is taken.

  scripts/cxl-lab attach 1 256M
  scripts/cxl-lab detach 1 attached1

Linux makes a region of such a device on x86_64 with --setup os. With --pool it
is head N - 1 of the lab's pool, which guest N must not be already.
""",
    'detach': """\
usage: scripts/cxl-lab detach [--name NAME] N NAME

Asks guest N to let go of the CXL memory device NAME, waits until it has, and
takes the device away. "scripts/cxl-lab monitor N info cxl" lists devices. What
programs have mapped of it is gone, and so is a region of it. Linux lets go of
memory that it uses as RAM, too, and misses it later: take that back first
("daxctl reconfigure-device --mode=devdax --force dax1.0" in the guest).
""",
    'fence': """\
usage: scripts/cxl-lab fence [--name NAME] N [--kill] [--timeout MS]

Takes the memory of the lab's pool away from guest N, which sees the device
disappear. It says "fenced" when no store of the guest can reach the memory any
more. When its QEMU has ended, or the device is detached, "scripts/cxl-lab pool
reclaim --head" with N - 1 lets it come back.
""",
    'pool': """\
usage: scripts/cxl-lab pool [--name NAME] COMMAND [ARGUMENT...]

What "cxl-pool COMMAND FILE ARGUMENT..." does, with the lab's pool for the FILE;
"build/cxl-pool --help" has the commands. Guest N is head N - 1.

  scripts/cxl-lab pool status
  scripts/cxl-lab pool watch
  scripts/cxl-lab pool set-access 2=read-only
  scripts/cxl-lab pool set-access --range 0+256M 1=read-write others=read-only
  scripts/cxl-lab pool reclaim --head 0
""",
    'inject': """\
usage: scripts/cxl-lab inject [--name NAME] N KIND [NAME=VALUE...]

Injects into the CXL memory device of guest N, by QMP:

  poison, clear-poison         start=DPA [length=BYTES]
  general-media-event, dram-event
                               [log=LOG] [flags=..] [dpa=DPA] [type=..] ...
  memory-module-event          [log=LOG] [temperature=..] [life-used=..] ...
  correctable-error            type=TYPE
  uncorrectable-error          type=TYPE [header=N,N...]

Names and values are the arguments of the command of QMP (docs/devices.rst);
what it cannot do without has a default. Numbers may be hexadecimal (0x40) or
end in K, M or G. Of several devices, path=ID says which.

  scripts/cxl-lab inject 1 poison start=64K
  scripts/cxl-lab inject 1 dram-event log=warning dpa=1M bank=3 row=0x12
""",
    'watch': """\
usage: scripts/cxl-lab watch [--name NAME]

Shows the lab's guests, their regions, the memory in use and what QEMU reports
(QMP events), until Ctrl-C or until no guest runs. On a terminal the screen is
kept up to date; otherwise a line is printed for each change.
""",
    'status': """\
usage: scripts/cxl-lab status [--name NAME]

One line for each guest of all labs, or of one.
""",
    'down': """\
usage: scripts/cxl-lab down [--name NAME] [N]

Stops the guests of a lab, or guest N. Logs and the shared memory's file stay
in build/lab/NAME, which may be deleted afterwards.
""",
    'image': """\
usage: scripts/cxl-lab image [--arch A[,A]] [--kernel K[,K]]

Assembles what guests boot from and prints a line for each guest: the kernel
and the initramfs.
""",
    'qemu-args': """\
usage: scripts/cxl-lab qemu-args [OPTION...] [-- QEMU-ARGUMENT...]

Prints, ready for a shell, the command lines that "up" with the same options
would use.
""",
}
