# SPDX-License-Identifier: GPL-2.0-or-later
"""Text of guests on a terminal."""

import unittest

from lab.story import indented, visible


class Visible(unittest.TestCase):
    """What a terminal would act on is escaped; text is left alone."""

    def test_text_stays(self) -> None:
        text = 'two lines,\n\ta tab, "öß€" and a \\'
        self.assertEqual(visible(text), text)
        self.assertEqual(visible(text.encode()), text)

    def test_carriage_returns_at_ends_go(self) -> None:
        self.assertEqual(visible(b'one\r\ntwo\r\n'), 'one\ntwo\n')
        self.assertEqual(visible(b'one\r'), 'one')

    def test_carriage_returns_within_are_escaped(self) -> None:
        self.assertEqual(visible(b'bad\rgood'), 'bad\\x0dgood')

    def test_escape_sequences(self) -> None:
        self.assertEqual(visible(b'\x1b]0;title\x07\x1b[31m\x7f\x00\b'),
                         '\\x1b]0;title\\x07\\x1b[31m\\x7f\\x00\\x08')

    def test_single_byte_controls(self) -> None:
        # 9b is CSI to some terminals, as a byte or as U+009B
        self.assertEqual(visible(b'\x9b31m'), '\\x9b31m')
        self.assertEqual(visible('\x9b31m'), '\\x9b31m')

    def test_invalid_utf_8(self) -> None:
        self.assertEqual(visible(b'\xff\xc3('), '\\xff\\xc3(')

    def test_direction_marks(self) -> None:
        self.assertEqual(visible('a\u202eb\u2028c'), 'a\\u202eb\\u2028c')

    def test_all_characters_are_printable(self) -> None:
        text = visible(bytes(range(256)) + ''.join(
            map(chr, range(0x800))).encode())
        self.assertTrue(all(c.isprintable() or c in '\n\t' for c in text))

    def test_each_line_has_a_prefix(self) -> None:
        self.assertEqual(indented('> ', b'a\r\nb\n'), '> a\n> b')


if __name__ == '__main__':
    unittest.main()
