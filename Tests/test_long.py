"""Objects/long/: digits, limbs, text, and the arguments that lie."""

import random
import sys
import unittest


def numbers(random_source, count):
    """Ints around the places where representations change."""
    edges = [0, 1, 29, 30, 31, 59, 60, 61, 63, 64, 65, 90, 128, 359, 361, 390,
             1200, 4000]
    for _ in range(count):
        bits = random_source.choice(edges)
        value = random_source.choice([
            random_source.getrandbits(bits) if bits else 0,
            (1 << bits) - 1, 1 << bits])
        yield random_source.choice([value, -value])


class ArithmeticTests(unittest.TestCase):
    def setUp(self):
        source = random.Random(2024)
        self.pairs = list(zip(numbers(source, 400), numbers(source, 400)))

    def test_division_undoes_multiplication(self):
        for a, b in self.pairs:
            if b:
                quotient, rest = divmod(a, b)
                self.assertEqual(quotient * b + rest, a)
                self.assertEqual((a * b) // b, a)
                self.assertTrue(0 <= rest < b or b < rest <= 0)

    def test_bitwise_identities(self):
        for a, b in self.pairs:
            self.assertEqual((a & b) + (a | b), a + b)
            self.assertEqual(a ^ b, (a | b) - (a & b))
            self.assertEqual(~a, -a - 1)

    def test_shifts_multiply_and_floor(self):
        for a, b in self.pairs:
            n = abs(b) % 200
            self.assertEqual(a << n, a * 2**n)
            self.assertEqual(a >> n, a // 2**n)

    def test_power_with_modulus_agrees_with_power(self):
        for a, b in self.pairs[:100]:
            if b:
                self.assertEqual(pow(a, 5, b), a**5 % b)

    def test_inverse_modulo(self):
        self.assertEqual(pow(38, -1, 97), 23)
        self.assertEqual(pow(-38, -1, -97), 74 - 97)
        with self.assertRaisesRegex(ValueError, "not invertible"):
            pow(2, -1, 4)

    def test_shared_small_ints_come_from_every_operation(self):
        big = 1 << 100
        self.assertIs(big - big + 7, 7)
        self.assertIs(big // big, 1)
        self.assertIs((big + 3) % big, 3)
        self.assertIs(big >> 98, 4)
        self.assertIs(int("256"), 256)

    def test_negative_shift_count(self):
        with self.assertRaisesRegex(ValueError, "negative shift count"):
            1 << -1

    def test_huge_shift_of_zero(self):
        self.assertEqual(0 << (1 << 70), 0)
        self.assertEqual(-1 >> (1 << 70), -1)


class TextTests(unittest.TestCase):
    def test_round_trip_in_every_base(self):
        source = random.Random(7)
        for base in range(2, 37):
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
            text = "1" + "".join(source.choices(digits, k=150))
            value = int(text, base)
            again = []
            while value:
                value, digit = divmod(value, base)
                again.append(digits[digit])
            self.assertEqual("".join(reversed(again)), text)

    def test_underscores_only_between_digits(self):
        self.assertEqual(int("1_000"), 1000)
        self.assertEqual(int("0x_f", 16), 15)
        for text in "_1", "1_", "1__0", "+_1", "0_x1":
            with self.assertRaises(ValueError):
                int(text, 0)

    def test_digits_of_other_scripts(self):
        self.assertEqual(int("\u0663\u0664"), 34)

    def test_limit_of_decimal_digits(self):
        limit = sys.get_int_max_str_digits()
        self.assertEqual(len(str(10**(limit - 1))), limit)
        with self.assertRaisesRegex(ValueError, "Exceeds the limit"):
            str(10**limit)
        with self.assertRaisesRegex(ValueError, f"value has {limit + 1} "):
            int("1" * (limit + 1))
        self.assertTrue(int("1" * (limit + 1), 16))

    def test_invalid_literal_shows_the_text(self):
        with self.assertRaisesRegex(ValueError, r"base 10: 'a\\x00'"):
            int("a\0")


class ConversionTests(unittest.TestCase):
    def test_bytes_at_sign_boundaries(self):
        for value in 127, 128, -128, -129, 255, -255, 32767, -32768:
            for size in 2, 3, 9:
                data = value.to_bytes(size, "big", signed=True)
                self.assertEqual(
                    int.from_bytes(data, "big", signed=True), value)
        for value in 128, -129:
            with self.assertRaisesRegex(OverflowError, "too big"):
                value.to_bytes(1, "big", signed=True)

    def test_true_division_is_correctly_rounded(self):
        self.assertEqual((2**80 + 1) / 2**80, 1.0)
        self.assertEqual((10**400 + 1) / 10**399, 10.0)
        self.assertEqual(1 / (1 << 1074), 5e-324)
        self.assertEqual(1 / (1 << 1075), 0.0)
        with self.assertRaisesRegex(OverflowError, "too large for a float"):
            10**400 / 3

    def test_index_that_raises_or_lies(self):
        class Liar:
            def __index__(self):
                return 1.5

        with self.assertRaisesRegex(TypeError, "__index__ returned non-int"):
            (1).__round__(Liar())

    def test_references_after_failure(self):
        value = 1 << 200
        before = sys.getrefcount(value)
        for operation in (lambda: value // 0, lambda: value << -1,
                          lambda: value.to_bytes(1), lambda: pow(value, 2, 0)):
            with self.assertRaises((ArithmeticError, ValueError)):
                operation()
        self.assertEqual(sys.getrefcount(value), before)


if __name__ == "__main__":
    unittest.main()
