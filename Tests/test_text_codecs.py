"""Codecs in C and their error handlers."""

import codecs
import unittest


class DecodeTests(unittest.TestCase):
    def check(self, data, encoding, start, end, reason):
        with self.assertRaises(UnicodeDecodeError) as caught:
            data.decode(encoding)
        error = caught.exception
        self.assertEqual((error.start, error.end, error.reason),
                         (start, end, reason))

    def test_utf_8_defects(self):
        self.check(b"a\x80", "utf-8", 1, 2, "invalid start byte")
        self.check(b"\xe1\x80a", "utf-8", 0, 2, "invalid continuation byte")
        self.check(b"\xf1\x80\x80", "utf-8", 0, 3, "unexpected end of data")
        self.check(b"\xed\xa0\x80", "utf-8", 0, 1, "invalid continuation byte")

    def test_utf_16_and_32_defects(self):
        self.check(b"\x00\xd8\x00", "utf-16-le", 0, 3, "unexpected end of data")
        self.check(b"\x00\xdc", "utf-16-le", 0, 2, "illegal encoding")
        self.check(b"\x00\x00\x11\x00", "utf-32-le", 0, 4,
                   "code point not in range(0x110000)")

    def test_every_split_of_incremental_input(self):
        text = "a\xe9\u20ac\U0001f600+-~"
        for encoding in ("utf-8", "utf-16", "utf-32", "utf-7", "utf-16-be"):
            data = text.encode(encoding)
            for size in range(1, len(data)):
                decoder = codecs.getincrementaldecoder(encoding)()
                parts = [decoder.decode(data[i:i + size])
                         for i in range(0, len(data), size)]
                parts.append(decoder.decode(b"", True))
                self.assertEqual("".join(parts), text)

    def test_handler_that_exchanges_the_input(self):
        def handler(error):
            error.object = b"xyz"
            return "-", 1
        codecs.register_error("test.exchange", handler)
        self.assertEqual(b"a\xffb".decode("ascii", "test.exchange"), "a-yz")

    def test_handler_positions_are_checked(self):
        codecs.register_error("test.far", lambda error: ("", 10**9))
        for encoding in ("ascii", "utf-8", "utf-16-le", "unicode_escape"):
            with self.assertRaises(IndexError):
                b"\xff\\x\xd8".decode(encoding, "test.far")


class EncodeTests(unittest.TestCase):
    def test_surrogates_with_each_handler(self):
        text = "a\udc80\ud800"
        self.assertEqual(text.encode("utf-8", "surrogatepass"),
                         b"a\xed\xb2\x80\xed\xa0\x80")
        self.assertEqual(text.encode("utf-8", "backslashreplace"),
                         b"a\\udc80\\ud800")
        self.assertEqual(text.encode("ascii", "xmlcharrefreplace"),
                         b"a&#56448;&#55296;")
        with self.assertRaises(UnicodeEncodeError) as caught:
            text.encode("utf-8", "surrogateescape")
        self.assertEqual(caught.exception.start, 2)

    def test_replacement_that_cannot_be_encoded(self):
        codecs.register_error("test.bad", lambda error: ("\u1234", error.end))
        for encoding in ("ascii", "latin-1", "utf-16", "cp1252"):
            with self.assertRaises(UnicodeEncodeError):
                "\ud800".encode(encoding, "test.bad")

    def test_names(self):
        self.assertEqual("\u20ac".encode("ascii", "namereplace"),
                         b"\\N{EURO SIGN}")


if __name__ == "__main__":
    unittest.main()
