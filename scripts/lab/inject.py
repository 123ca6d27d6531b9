# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors, events and poison for a guest that runs, by QMP.

A kind is a command of QMP without "cxl-" and "inject-"; what it cannot do
without and the user did not say is filled in.
"""

from dataclasses import dataclass, field
from typing import Any

from .guest import Guest
from .hotplug import open_qmp, refused
from .qmp import Qmp, QmpError, devices
from .story import Failure, tell

MEDIA = {'log': 'informational', 'flags': 0, 'dpa': 0, 'descriptor': 0,
         'type': 0, 'transaction-type': 0}
MODULE = {'log': 'informational', 'flags': 0, 'type': 0, 'health-status': 0,
          'media-status': 0, 'additional-status': 0, 'life-used': 0,
          'temperature': 40, 'dirty-shutdown-count': 0,
          'corrected-volatile-error-count': 0,
          'corrected-persistent-error-count': 0}


@dataclass
class Kind:
    """What can be injected: the command, and arguments where nothing was
    said."""
    command: str
    arguments: dict[str, Any] = field(default_factory=dict)


KINDS = {
    'poison': Kind('cxl-inject-poison', {'length': 64}),
    'clear-poison': Kind('cxl-clear-poison', {'length': 64}),
    'general-media-event': Kind('cxl-inject-general-media-event', MEDIA),
    'dram-event': Kind('cxl-inject-dram-event', MEDIA),
    'memory-module-event': Kind('cxl-inject-memory-module-event', MODULE),
    'correctable-error': Kind('cxl-inject-correctable-error'),
    'uncorrectable-error': Kind('cxl-inject-uncorrectable-errors'),
}
# Arguments that are texts, also where they look like numbers
TEXTS = ('path', 'component-id')
# Arguments that are lists, also where there is one value
LISTS = ('correction-mask', 'header')
UNITS = {'K': 10, 'M': 20, 'G': 30}


def number(text: str) -> int | None:
    """Decimal, or hexadecimal with 0x, with K, M or G behind it; None if it
    is not a number."""
    shift = UNITS.get(text[-1:], 0)
    try:
        return int(text[:-1] if shift else text, 0) << shift
    except ValueError:
        return None


def value(name: str, text: str) -> Any:
    """What a user means by NAME=TEXT."""
    if name in TEXTS:
        return text
    if name in LISTS:
        numbers = [number(item) for item in text.split(',')]
        if None in numbers:
            raise Failure(f'{name} takes numbers with commas between them, '
                          f'not "{text}".')
        return numbers
    if text in ('true', 'false'):
        return text == 'true'
    found = number(text)
    return text if found is None else found


def arguments(words: list[str]) -> dict[str, Any]:
    """Of NAME=VALUE..."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition('=')
        if not equals or not name:
            raise Failure(f'"{word}" is not NAME=VALUE; see "scripts/cxl-lab '
                          'inject --help".')
        found[name] = value(name, text)
    return found


def message(kind: str, words: list[str]) -> tuple[str, dict[str, Any]]:
    """The command of QMP and its arguments, path not filled in."""
    if kind not in KINDS:
        raise Failure(f'there is no "{kind}" to inject; there are '
                      f'{", ".join(KINDS)}.')
    found = KINDS[kind].arguments | arguments(words)
    if kind == 'uncorrectable-error':
        error = {name: found.pop(name) for name in ('type', 'header')
                 if name in found}
        found['errors'] = [{'header': []} | error]
    return KINDS[kind].command, found


def only_device(qmp: Qmp) -> str:
    """The memory device, where there is no more than one."""
    found = [device['qom-path']
             for bridge in qmp.execute('query-cxl')['host-bridges']
             for device in devices(bridge['ports'])]
    if not found:
        raise Failure('the guest has no CXL memory device.')
    if len(found) > 1:
        raise Failure('the guest has several CXL memory devices; say which: '
                      + ' or '.join(f'path={path}' for path in found) + '.')
    return found[0]


def inject(guest: Guest, kind: str, words: list[str]) -> None:
    """One error, event or line of poison."""
    command, found = message(kind, words)
    with open_qmp(guest) as qmp:
        if 'path' not in found:
            found['path'] = only_device(qmp)
        try:
            qmp.execute(command, **found)
        except QmpError as error:
            raise refused(error) from None
    tell(f'{command} {found["path"]}: done')
