# SPDX-License-Identifier: GPL-2.0-or-later
"""The QMP client, with a peer that says what it shall."""

import json
import os
import socket
import tempfile
import threading
import time
import unittest

from lab import qmp
from lab.qmp import Qmp, QmpClosed, QmpError, QmpTimeout

GREETING = b'{"QMP": {"version": {}}}\n'
GOOD = b'{"return": {}}\n'


class Peer:
    """The other end of a socket: an answer for each line that comes."""

    def __init__(self, answers: list[bytes]) -> None:
        self.mine, self.theirs = socket.socketpair()
        self.requests: list[dict] = []
        self.answers = answers
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Greets, answers, and closes the socket."""
        self.theirs.sendall(GREETING)
        with self.theirs.makefile('rb') as lines:
            for answer in [GOOD, *self.answers]:
                self.requests.append(json.loads(lines.readline()))
                self.theirs.sendall(answer)
        self.theirs.close()

    def client(self, timeout: float = 10) -> Qmp:
        """Ours."""
        return Qmp.over(self.mine.fileno(), self.mine.sendall, timeout)


class Client(unittest.TestCase):
    """Answers, errors, events and silence."""

    def test_an_answer(self) -> None:
        peer = Peer([b'{"return": {"status": "running"}}\n'])
        self.assertEqual(peer.client().execute('query-status'),
                         {'status': 'running'})
        self.assertEqual([r['execute'] for r in peer.requests],
                         ['qmp_capabilities', 'query-status'])

    def test_arguments(self) -> None:
        peer = Peer([b'{"return": "text"}\n'])
        self.assertEqual(peer.client().monitor('info cxl'), 'text')
        self.assertEqual(peer.requests[1]['arguments'],
                         {'command-line': 'info cxl'})

    def test_an_error(self) -> None:
        peer = Peer([b'{"error": {"class": "x", "desc": "no such id"}}\n'])
        with self.assertRaisesRegex(QmpError, 'no such id'):
            peer.client().execute('device_del', id='x')

    def test_events_are_kept(self) -> None:
        peer = Peer([b'{"event": "STOP"}\n{"event": "RESUME"}\n' + GOOD])
        client = peer.client()
        client.execute('cont')
        event = client.event(lambda e: e['event'] == 'RESUME', 0)
        self.assertEqual(event, {'event': 'RESUME'})
        self.assertEqual(client.events, [{'event': 'STOP'}])

    def test_an_event_that_comes_later(self) -> None:
        peer = Peer([GOOD])
        client = peer.client()
        timer = threading.Timer(0.2, peer.theirs.sendall,
                                [b'{"event": "STOP"}\n'])
        timer.start()
        self.assertIsNotNone(client.event(lambda e: True, 10))

    def test_no_event(self) -> None:
        client = Peer([GOOD]).client()
        begin = time.monotonic()
        self.assertIsNone(client.event(lambda e: True, 0.1))
        self.assertLess(time.monotonic() - begin, 5)

    def test_silence(self) -> None:
        client = Peer([b'', GOOD]).client(0.1)
        with self.assertRaises(QmpTimeout):
            client.execute('query-status')

    def test_the_end(self) -> None:
        client = Peer([]).client()
        with self.assertRaises((QmpClosed, BrokenPipeError)):
            client.execute('query-status')

    def test_half_a_line_and_then_the_end(self) -> None:
        client = Peer([b'{"ret']).client()
        with self.assertRaises(QmpClosed):
            client.execute('query-status')

    def test_what_is_printed_meanwhile(self) -> None:
        client = Peer([b'hello\n' + GOOD]).client()
        client.execute('query-status')
        self.assertEqual(client.printed, 'hello\n')

    def test_a_socket_with_a_long_name(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            place = os.path.join(directory, 'x' * 120)
            os.mkdir(place)
            listener = socket.socket(socket.AF_UNIX)
            fd = os.open(place, os.O_PATH)
            listener.bind(f'/proc/self/fd/{fd}/qmp')
            listener.listen()
            with socket.socket(socket.AF_UNIX) as client:
                qmp.reach(client, f'{place}/qmp')
            listener.close()
            os.close(fd)


class Batch(unittest.TestCase):
    """Commands that are sent without waiting."""

    def test_lines(self) -> None:
        lines = qmp.batch(['quit']).splitlines()
        self.assertEqual([json.loads(line)['execute'] for line in lines],
                         ['qmp_capabilities', 'quit'])


if __name__ == '__main__':
    unittest.main()
