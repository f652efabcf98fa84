"""The regular expression engine."""

import re
import unittest

import _sre


class MatchTests(unittest.TestCase):
    def test_deep_repetition_needs_no_recursion(self):
        text = "ab" * 200_000
        self.assertEqual(re.fullmatch(r"(?:a|b)*", text).end(), len(text))
        self.assertEqual(re.fullmatch(r"(?:(?:a)(?:b)?)*?", text).end(),
                         len(text))

    def test_groups_are_restored_on_backtracking(self):
        self.assertEqual(re.match(r"(?:(a)|b)*?c|(.)", "aab").groups(),
                         (None, "a"))
        self.assertEqual(re.search(r"(?=(a+))a*b\1", "aaabac").span(), (2, 5))

    def test_possessive_and_atomic(self):
        self.assertIsNone(re.match(r"a++a", "aaa"))
        self.assertIsNone(re.match(r"(?>a+)a", "aaa"))
        self.assertEqual(re.match(r"(?:ab){2,3}+c", "abababc").end(), 7)
        self.assertEqual(re.match(r"(?>(a)|b)\1", "aa").span(), (0, 2))

    def test_empty_matches(self):
        self.assertEqual(re.sub(r"x*", "-", "abxd"), "-a-b--d-")
        self.assertEqual([m.span() for m in re.finditer(r"a|", "ab")],
                         [(0, 1), (1, 1), (2, 2)])

    def test_conditional(self):
        pattern = re.compile(r"(<)?a(?(1)>|!)")
        self.assertTrue(pattern.fullmatch("<a>"))
        self.assertTrue(pattern.fullmatch("a!"))
        self.assertFalse(pattern.fullmatch("<a!"))

    def test_bytes_that_shrink_after_the_match(self):
        data = bytearray(b"abcdef")
        match = re.match(rb"(abc)(def)", data)
        del data[2:]
        self.assertEqual((match.group(1), match.group(2)), (b"ab", b""))


class ValidationTests(unittest.TestCase):
    def test_bad_code_is_refused(self):
        for code in ([], [1, 2], [19, 5, 1], [15, 100, 1], [17, 9, 1],
                     [24, 5, 0, 1, 3, 1], [7, 4, 16, 97, 15, 9, 0, 1],
                     [13, 9, 16, 97, 0, 1], [23, 5, 2, 1, 3, 18, 1]):
            with self.assertRaises(RuntimeError):
                _sre.compile("x", 0, code, 0, {}, ())


if __name__ == "__main__":
    unittest.main()
