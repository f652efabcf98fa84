"""Python/getargs: how C functions take their arguments, and refuse them."""

import io
import types
import unittest


class Name(str):
    """A keyword that claims to equal every other."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class MessageTests(unittest.TestCase):
    def check(self, message, function, *args, **kwargs):
        with self.assertRaises(TypeError) as caught:
            function(*args, **kwargs)
        self.assertEqual(str(caught.exception), message)

    def test_wrong_counts(self):
        self.check("iter expected at least 1 argument, got 0", iter)
        self.check("list.append() takes exactly one argument (2 given)",
                   [].append, 1, 2)
        self.check("list.clear() takes no arguments (1 given)", [].clear, 1)

    def test_missing_and_unknown_names(self):
        self.check("compile() missing required argument 'mode' (pos 3)",
                   compile, "1", "f")
        self.check("'foo' is an invalid keyword argument for round()",
                   round, 1.5, foo=1)

    def test_name_and_position(self):
        self.check("argument for split() given by name ('sep') and position (1)",
                   "a b".split, " ", sep=" ")

    def test_unknown_name_is_found_before_values_are_converted(self):
        self.check("'foo' is an invalid keyword argument for open()",
                   open, "f", mode=2, foo=3)

    def test_wrong_type_is_named(self):
        self.check("open() argument 'mode' must be str, not int",
                   open, "f", mode=2)
        self.check("module() argument 'name' must be str, not int",
                   types.ModuleType, 1)

    def test_name_that_equals_everything(self):
        with self.assertRaisesRegex(TypeError, "invalid keyword argument"):
            round(1.75, **{Name("foo"): 1})

    def test_names_must_be_strings(self):
        with self.assertRaisesRegex(TypeError, "keywords must be strings"):
            io.StringIO(**{1: 2})


if __name__ == "__main__":
    unittest.main()
