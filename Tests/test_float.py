"""Objects/floatobject.c, Python/dtoa.c, Python/pystrtod.c."""

import random
import struct
import unittest
from fractions import Fraction


def doubles(count, seed=5):
    source = random.Random(seed)
    yield from (5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
                0.1, 1e22, 1e23, 9007199254740993.0, 2.0**-1074 * 3)
    while count:
        value, = struct.unpack("d", source.randbytes(8))
        if value == value and abs(value) != float("inf"):
            count -= 1
            yield value


class ShortestTests(unittest.TestCase):
    def test_repr_reads_back(self):
        for value in doubles(5000):
            self.assertEqual(float(repr(value)), value)

    def test_repr_is_shortest(self):
        for value in doubles(300):
            digits = repr(abs(value)).partition("e")[0].replace(".", "")
            digits = digits.strip("0")
            if len(digits) > 1:
                shorter = f"{value:.{len(digits) - 2}e}"
                self.assertNotEqual(float(shorter), value)

    def test_layout_changes_at_the_documented_places(self):
        self.assertEqual(repr(1e15), "1000000000000000.0")
        self.assertEqual(repr(1e16), "1e+16")
        self.assertEqual(repr(0.0001), "0.0001")
        self.assertEqual(repr(0.00001), "1e-05")


class ReadingTests(unittest.TestCase):
    def test_halfway_cases_go_to_even(self):
        for low in 1.0, 2.0**60, 1e-300, 5e-324, 9.5e200:
            bits, = struct.unpack("q", struct.pack("d", low))
            high, = struct.unpack("d", struct.pack("q", bits + 1))
            middle = (Fraction(low) + Fraction(high)) / 2
            text = f"{middle.numerator}e0"
            exact = middle
            exponent = 0
            while exact.denominator != 1:
                exact *= 10
                exponent -= 1
            text = f"{exact.numerator}e{exponent}"
            limitless = text if len(text) < 4000 else None
            if limitless:
                expected = low if bits % 2 == 0 else high
                self.assertEqual(float(limitless), expected)

    def test_zeros_and_exponents_beyond_reason(self):
        self.assertEqual(float("0." + "0" * 5000 + "1e5001"), 1.0)
        self.assertEqual(float("1e" + "9" * 50), float("inf"))
        self.assertEqual(float("0e" + "9" * 50), 0.0)

    def test_message_shows_the_argument(self):
        for text in "", " ", "1__0", "1e", "0x1":
            with self.assertRaisesRegex(ValueError, "could not convert"):
                float(text)


class PackTests(unittest.TestCase):
    def test_half_precision_is_rounded_to_even(self):
        for value, packed in ((1.0, b"\x3c\x00"), (65504.0, b"\x7b\xff"),
                              (2.0**-24, b"\x00\x01"), (2.0**-25, b"\0\0"),
                              (2048.0 + 1, b"\x68\x00")):
            self.assertEqual(struct.pack(">e", value), packed)
        with self.assertRaises(OverflowError):
            struct.pack(">e", 65520.0)


class HexTests(unittest.TestCase):
    def test_hex_reads_back(self):
        for value in doubles(500, seed=6):
            self.assertEqual(float.fromhex(value.hex()), value)

    def test_hex_rounding_and_range(self):
        self.assertEqual(float.fromhex("0x1.00000000000008p0"), 1.0)
        self.assertEqual(float.fromhex("0x1.000000000000080001p0"),
                         1.0000000000000002)
        with self.assertRaises(OverflowError):
            float.fromhex("0x1p1024")


class CompareTests(unittest.TestCase):
    def test_with_ints_that_no_float_equals(self):
        self.assertTrue(2.0**53 < 2**53 + 1)
        self.assertFalse(1e300 == 10**300)
        self.assertTrue(float("inf") > 10**400)
        self.assertTrue(float("-inf") < -10**400)

    def test_equal_numbers_hash_equally(self):
        for value in 0, 1, -1, 2**61 - 1, 2**61, 2**100, -2**100:
            self.assertEqual(hash(float(value)), hash(int(float(value))))


if __name__ == "__main__":
    unittest.main()
