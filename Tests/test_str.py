"""str: storage, search, formatting and the intern table."""

import random
import sys
import unittest


def slow_find(text, sub, start, end):
    for i in range(start, end - len(sub) + 1):
        if text[i:i + len(sub)] == sub:
            return i
    return -1


class SearchTests(unittest.TestCase):
    ALPHABETS = ("ab", "a\xe9", "a\u1234", "a\U00012345")

    def test_find_agrees_with_naive_search_in_all_kinds(self):
        source = random.Random(1)
        for alphabet in self.ALPHABETS:
            for _ in range(400):
                text = "".join(source.choices(alphabet, k=source.randrange(60)))
                sub = "".join(source.choices(alphabet, k=source.randrange(1, 7)))
                expected = slow_find(text, sub, 0, len(text))
                self.assertEqual(text.find(sub), expected)
                self.assertEqual(sub in text, expected >= 0)
                backwards = slow_find(text[::-1], sub[::-1], 0, len(text))
                self.assertEqual(
                    text.rfind(sub),
                    -1 if backwards < 0 else len(text) - backwards - len(sub))

    def test_periodic_needles_take_linear_time(self):
        # Quadratic search would need minutes.
        for unit in ("a", "\u1234"):
            text = unit * 200_000
            needle = unit * 100_000 + "b" + unit * 50_000
            self.assertEqual(text.find(needle), -1)
            self.assertEqual(text.rfind(needle), -1)
            self.assertEqual(text.count(needle), 0)

    def test_replace_shrinks_the_kind(self):
        text = "abc\u1234def".replace("\u1234", "-")
        self.assertEqual(text, "abc-def")
        self.assertTrue(text.isascii())
        self.assertEqual(sys.getsizeof(text), sys.getsizeof("abc-def"))

    def test_join_of_lying_sequence(self):
        class Lying(list):
            def __len__(self):
                return 0
        self.assertEqual("-".join(Lying(["a", "b"])), "a-b")

    def test_errors(self):
        for call, error, text in (
            (lambda: "a".find(1), TypeError, "must be str, not int"),
            (lambda: "a".split(""), ValueError, "empty separator"),
            (lambda: ",".join([1]), TypeError,
             "sequence item 0: expected str instance, int found"),
            (lambda: "a".center(5, "xy"), TypeError,
             "The fill character must be exactly one character long"),
        ):
            with self.assertRaises(error) as caught:
                call()
            self.assertEqual(str(caught.exception), text)


class AppendTests(unittest.TestCase):
    def test_appending_widens_and_keeps_other_references(self):
        text = "a" * 10
        other = text
        for piece in ("b", "\xe9", "\u1234", "\U00012345"):
            text += piece
        self.assertEqual(text, "a" * 10 + "b\xe9\u1234\U00012345")
        self.assertEqual(other, "a" * 10)


class InternTests(unittest.TestCase):
    def test_interned_strings_die_and_come_back(self):
        for _ in range(3):
            for i in range(2000):
                sys.intern("a name of test_str %d" % i)
        kept = [sys.intern("kept %d" % i) for i in range(2000)]
        for i, name in enumerate(kept):
            self.assertIs(sys.intern("kept " + str(i)), name)

    def test_one_character_strings_are_singletons(self):
        for ch in "a\xe9\0":
            self.assertIs((ch + "b")[0], ("x" + ch)[1])


class FormatTests(unittest.TestCase):
    def test_percent(self):
        self.assertEqual("%5.1f|%-5d|%+d|%#x|%r|%%|%c" %
                         (1.25, 3, 4, 255, "a", 65),
                         "  1.2|3    |+4|0xff|'a'|%|A")
        self.assertEqual("%(a)s %(b)03d" % {"a": 1, "b": 2}, "1 002")

    def test_format_sees_what_conversion_changes(self):
        class Evil:
            def __format__(self, spec):
                target.clear()
                return "done"
        target = [Evil()]
        self.assertEqual("{0[0]}".format(target), "done")

    def test_nested_fields_and_recursion_limit(self):
        self.assertEqual("{:{}{}}".format("a", "<", 3), "a  ")
        with self.assertRaisesRegex(ValueError, "Max string recursion"):
            "{:{:{}}}".format(1, 2, 3)

    def test_translate_changing_the_map(self):
        class Map(dict):
            def __getitem__(self, key):
                self.clear()
                return "xyz" if key == 97 else None
        self.assertEqual("abab".translate(Map()), "xyzxyz")


if __name__ == "__main__":
    unittest.main()
