# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab, and what the programs around it share.

scripts/cxl-lab is the command. These modules are for every program of the
checkout that starts QEMU, talks to it or prints TAP; each says why it is
there:

  story    what a user is told, sentences of failure, text from a guest
  paths    where things are
  host     what is done in bash: packages of the host, the guest's image
  process  starting processes and ending those, and no others
  qmp      the client of QEMU's QMP
  tap      writing and reading results of tests
  options  what the command line of cxl-lab says
  ports    ports of the host
  qemu     the command line of a guest's QEMU
  guest    one guest: its files, its process, ssh, monitor, console
  labs     all guests of a lab: start, wait, stop
  logs     keeps a guest's logs short
  demo, hotplug, watching, usage, commands
           what the command does
  benchcases, benchreport
           what scripts/bench measures, and how it shows that

Python 3.11 and its standard library are all that is needed.
"""
