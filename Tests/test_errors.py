"""Exceptions: chaining, groups, construction, and how they are shown."""

import errno
import io
import sys
import traceback
import unittest


def shown(exc):
    """What the interpreter's own display writes."""
    saved, sys.stderr = sys.stderr, io.StringIO()
    try:
        sys.__excepthook__(type(exc), exc, exc.__traceback__)
        return sys.stderr.getvalue()
    finally:
        sys.stderr = saved


class ChainTests(unittest.TestCase):
    def test_context_never_becomes_a_cycle(self):
        a, b = ValueError("a"), ValueError("b")
        try:
            try:
                try:
                    raise a
                except ValueError:
                    raise b
            except ValueError:
                raise a
        except ValueError as caught:
            self.assertIs(caught, a)
        self.assertIs(a.__context__, b)
        self.assertIsNone(b.__context__)

    def test_existing_cycle_does_not_hang(self):
        a, b, c = ValueError("a"), ValueError("b"), ValueError("c")
        a.__context__, b.__context__ = b, a
        with self.assertRaises(ValueError):
            try:
                raise a
            except ValueError:
                raise c
        self.assertIs(c.__context__, a)


class DisplayTests(unittest.TestCase):
    def check(self, exc):
        expected = "".join(traceback.format_exception(exc))
        self.assertEqual(shown(exc), expected)

    def raised(self, source):
        try:
            exec(compile(source, "<source>", "exec"), {})
        except BaseException as exc:
            return exc

    def test_same_text_as_the_library(self):
        for source in [
                "1 / 0",
                "try:\n  1 / 0\nexcept ZeroDivisionError:\n  [][1]",
                "try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError from e",
                "try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError from None",
                "def f(): f()\nimport sys\nsys.setrecursionlimit(200)\n"
                "try:\n  f()\nfinally:\n  sys.setrecursionlimit(1000)",
                "e = ValueError('x\\ny')\ne.add_note('n1\\nn2')\nraise e",
                "raise ExceptionGroup('g', [ValueError(1), "
                "ExceptionGroup('h', [TypeError(2), KeyError(3)])])",
                "raise ExceptionGroup('many', [ValueError(i) "
                "for i in range(20)])",
                "raise SyntaxError('bad', ('f.py', 3, 4, 'a b c d', 3, 6))"]:
            with self.subTest(source=source):
                self.check(self.raised(source))

    def test_suggestions(self):
        for source in ("foo = 1\nfooo", "def f():\n  xyz = 1\n  xyzz\nf()",
                       "[].appendd"):
            self.assertIn(". Did you mean: '", shown(self.raised(source)))
        self.assertNotIn("Did you mean", shown(self.raised("[].qqqq")))

    def test_marks_in_a_file(self):
        import os
        import tempfile
        lines = ["x = {'a': [1, None]}", "def g(v): return v",
                 "def f():", "    return g(x['a'][1]['b']) + (1 // 0)",
                 "f()"]
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "marks.py")
            with open(name, "w") as file:
                file.write("\n".join(lines))
            with open(name) as file:
                code = compile(file.read(), name, "exec")
            try:
                exec(code, {})
            except TypeError as exc:
                self.check(exc)
                self.assertIn("~~~~~~~~~^^^^^", shown(exc))


class SyntaxErrorDisplayTests(unittest.TestCase):
    def lines_of(self, text, offset, end_offset, end_lineno=1):
        error = SyntaxError("m", ("f", 1, offset, text, end_lineno, end_offset))
        lines = shown(error).split("\n")
        self.assertEqual(lines[0], '  File "f", line 1')
        self.assertEqual(lines[-2:], ["SyntaxError: m", ""])
        return lines[1:-2]

    def test_line_that_is_empty_is_shown(self):
        self.assertEqual(self.lines_of("", 0, -1), ["    "])
        self.assertEqual(self.lines_of("\n\n", 0, -1), ["    ", ""])
        self.assertEqual(self.lines_of(None, 0, -1), [])

    def test_marks_end_with_the_line(self):
        for text, offset, end, marks in (("abc", 2, 9, " ^^"),
                                         ("  abc", 4, 9, " ^^"),
                                         ("abc", 9, 9, "   ^"),
                                         ("abc\n", 2, 9, " ^^^"),
                                         ("abc\n", 5, 9, "   ^"),
                                         ("\xe9=1", 1, 9, "^^^^")):
            with self.subTest(text=text, offset=offset):
                self.assertEqual(self.lines_of(text, offset, end)[1],
                                 "    " + marks)

    def test_range_of_several_lines_is_marked_in_the_first(self):
        self.assertEqual(self.lines_of("x = (a", 5, 2, end_lineno=2),
                         ["    x = (a", "        ^"])


class ConstructionTests(unittest.TestCase):
    def test_built_in_class_in_front_of_an_own_one_has_its_own_init(self):
        class Own(Exception):
            def __init__(self, code):
                raise AssertionError("not reached")

        for base in (ValueError, KeyError, IndexError, NotImplementedError,
                     FileNotFoundError, UnboundLocalError):
            with self.subTest(base):
                self.assertIn("__init__", vars(base))
                self.assertEqual(type("Both", (base, Own), {})(1, 2).args, (1, 2))

    def test_errno_chooses_the_class(self):
        self.assertIs(type(OSError(errno.ENOENT, "no")), FileNotFoundError)
        self.assertIs(type(OSError(errno.EINTR, "no")), InterruptedError)

        class Mine(OSError):
            pass

        self.assertIs(type(Mine(errno.ENOENT, "no")), Mine)

    def test_subclass_with_other_arguments(self):
        class Mine(OSError):
            def __init__(self, a, *, b):
                super().__init__(a, "text")
                self.b = b

        error = Mine(2, b=3)
        self.assertEqual((error.errno, error.strerror, error.b),
                         (2, "text", 3))

    def test_group_split_keeps_notes_apart(self):
        group = ExceptionGroup("g", [ValueError(1), TypeError(2)])
        group.add_note("both")
        left, right = group.split(ValueError)
        left.add_note("left only")
        self.assertEqual(right.__notes__, ["both"])
        self.assertEqual(group.__notes__, ["both"])


if __name__ == "__main__":
    unittest.main()
