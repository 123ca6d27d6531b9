#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows what "cxl list -BPEMDTi" says, read from standard input, by place.

Linux numbers ports, decoders and memdevs in the order in which it finds them.
Here a place is named by the numbers of the ports that lead to it, beginning
with the number of the host bridge, so that a topology always gives the same
lines:

  window 0: 4294967296 bytes, 2 ways of 8192, bridges 53 191
  bridge 53: behind ports 0, 8 decoders
  switch 53.0: behind ports 0 2, 8 decoders
  device 53.0.0: 0 volatile, 268435456 persistent, 8 decoders
  decoder 53.0: 2 ways of 8192, 536870912 bytes, ports 0 2

Decoders are shown if they are in use. Ports without a device behind are left
out, as newer kernels do.
"""

import json
import sys


def ways_of(decoder):
    ways = decoder.get('interleave_ways', 1)
    if ways == 1:
        return '1 way'
    return f'{ways} ways of {decoder["interleave_granularity"]}'


def targets_of(decoder):
    targets = sorted(decoder.get('targets', []), key=lambda t: t['position'])
    return ' '.join(str(target['id']) for target in targets)


class Listing:
    def __init__(self):
        self.lines = []

    def window(self, number, decoder):
        self.lines.append(
            f'window {number}: {decoder["size"]} bytes, {ways_of(decoder)}, '
            f'bridges {targets_of(decoder)}')

    def used_decoders(self, place, decoders):
        for decoder in decoders:
            if decoder.get('size'):
                ports = targets_of(decoder)
                self.lines.append(
                    f'decoder {place}: {ways_of(decoder)}, '
                    f'{decoder["size"]} bytes'
                    + (f', ports {ports}' if ports else ''))

    def endpoint(self, place, endpoint, decoders):
        memdev = endpoint['memdev']
        self.lines.append(
            f'device {place}: {memdev.get("ram_size", 0)} volatile, '
            f'{memdev.get("pmem_size", 0)} persistent, '
            f'{len(decoders)} decoders')
        self.used_decoders(place, decoders)

    def below(self, place, port, all_decoders):
        """What is behind a port; returns the numbers of its ports in use."""
        name = port.get('port') or port['bus']
        numbers = {dport['dport']: dport['id'] for dport in port['dports']}
        used = []
        for child in port.get(f'ports:{name}', []):
            dport = child.get('parent_dport', child['host'])
            used.append(numbers[dport])
            self.port(f'{place}{numbers[dport]}', child, all_decoders)
        for endpoint in port.get(f'endpoints:{name}', []):
            number = numbers[endpoint['parent_dport']]
            used.append(number)
            self.endpoint(f'{place}{number}', endpoint,
                          all_decoders.get(endpoint['endpoint'], []))
        return sorted(used)

    def port(self, place, port, all_decoders):
        decoders = all_decoders.get(port['port'], [])
        used = self.below(f'{place}.', port, all_decoders)
        self.lines.append(
            f'{"switch" if "." in place else "bridge"} {place}: behind ports '
            f'{" ".join(map(str, used))}, {len(decoders)} decoders')
        self.used_decoders(place, decoders)

    def bus(self, bus):
        all_decoders = {}
        gather(bus, all_decoders)
        windows = bus.get(f'decoders:{bus["bus"]}', [])
        windows.sort(key=lambda window: window['resource'])
        for number, window in enumerate(windows):
            self.window(number, window)
        self.below('', bus, all_decoders)


def gather(thing, all_decoders):
    """The decoders of each port, found by their names wherever they are."""
    if isinstance(thing, dict):
        if 'decoder' in thing:
            number = thing['decoder'].removeprefix('decoder').split('.')[0]
            for name in (f'port{number}', f'endpoint{number}'):
                all_decoders.setdefault(name, []).append(thing)
        thing = list(thing.values())
    if isinstance(thing, list):
        for part in thing:
            gather(part, all_decoders)


def lines_of(text):
    """What cxl prints, as lines: by kind, then by place"""
    listing = Listing()
    for bus in json.loads(text):
        listing.bus(bus)
    return sorted(set(listing.lines))


if __name__ == '__main__':
    print('\n'.join(lines_of(sys.stdin.read())))
