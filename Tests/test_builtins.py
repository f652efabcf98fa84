"""Built-in functions with arguments that lie."""

import builtins
import io
import sys
import unittest
import weakref


class SumTests(unittest.TestCase):
    def test_integers_that_outgrow_a_word_stay_exact(self):
        self.assertEqual(sum([2 ** 62, 2 ** 62, -1, 1.0]), 2.0 ** 63)
        self.assertEqual(sum([2 ** 63 - 1, 1]), 2 ** 63)
        self.assertEqual(sum([-2 ** 63, -1, True]), -2 ** 63)

    def test_text_is_refused_by_its_start(self):
        for start in ("", b"", bytearray()):
            with self.assertRaisesRegex(TypeError, "can't sum"):
                sum([], start)

    def test_failing_item_keeps_the_references(self):
        def items():
            yield 1
            yield 2.5
            raise ZeroDivisionError
        with self.assertRaises(ZeroDivisionError):
            sum(items())


class ZipTests(unittest.TestCase):
    def test_tuple_that_somebody_keeps_is_not_used_again(self):
        self.assertEqual(list(zip("ab", "cd")), [("a", "c"), ("b", "d")])
        kept = [pair for pair in zip(range(3), range(3))]
        self.assertEqual(kept, [(0, 0), (1, 1), (2, 2)])

    def test_strict_names_the_argument(self):
        with self.assertRaisesRegex(ValueError, "2 is shorter than argument "
                                                "1"):
            list(zip("ab", "a", strict=True))
        with self.assertRaisesRegex(ValueError, "3 is longer than arguments "
                                                "1-2"):
            list(zip("a", "a", "ab", strict=True))


class ExtremeTests(unittest.TestCase):
    def test_first_of_equals_wins(self):
        self.assertIs(type(max(1, True)), int)
        self.assertIs(type(min(True, 1)), bool)

    def test_comparison_that_raises_is_passed_on(self):
        class Odd:
            def __lt__(self, other):
                raise ZeroDivisionError
            __gt__ = __lt__
        for function in (min, max):
            with self.assertRaises(ZeroDivisionError):
                function(Odd(), Odd())


class PrintTests(unittest.TestCase):
    def test_object_that_replaces_stdout_is_still_written_to_the_old(self):
        class Replacing:
            def __str__(self):
                sys.stdout = io.StringIO()
                return "text"
        old, sys.stdout = sys.stdout, io.StringIO()
        stream = sys.stdout
        try:
            print(Replacing(), "more")
        finally:
            sys.stdout = old
        self.assertEqual(stream.getvalue(), "text more\n")

    def test_without_stdout_nothing_happens(self):
        old, sys.stdout = sys.stdout, None
        try:
            print("nobody hears this")
        finally:
            sys.stdout = old


class ClassTests(unittest.TestCase):
    def test_instance_check_of_a_dead_reference(self):
        class Short:
            pass

        proxy = weakref.proxy(Short())
        for check in isinstance, lambda op, cls: type.__instancecheck__(cls,
                                                                        op):
            with self.assertRaises(ReferenceError):
                check(proxy, int)

    def test_entries_that_are_no_tuple_are_refused(self):
        class Base:
            def __mro_entries__(self, bases):
                return []
        with self.assertRaisesRegex(TypeError, "must return a tuple"):
            class Derived(Base()):
                pass

    def test_class_cell_that_is_lost_is_an_error(self):
        class Meta(type):
            def __new__(cls, name, bases, namespace):
                namespace.pop("__classcell__", None)
                return super().__new__(cls, name, bases, namespace)
        with self.assertRaisesRegex(RuntimeError, "__class__ not set"):
            class Broken(metaclass=Meta):
                def method(self):
                    return __class__

    def test_namespace_must_be_a_mapping(self):
        class Meta(type):
            @classmethod
            def __prepare__(cls, name, bases):
                return 5
        with self.assertRaisesRegex(TypeError, "must return a mapping"):
            class Derived(metaclass=Meta):
                pass


class EvaluationTests(unittest.TestCase):
    def test_globals_get_builtins_once(self):
        namespace = {}
        self.assertEqual(eval("len('ab')", namespace), 2)
        self.assertIn("__builtins__", namespace)
        self.assertEqual(eval("x", {"__builtins__": {"x": 3}}), 3)

    def test_closure_must_fit(self):
        x = 1
        def function():
            return x
        with self.assertRaisesRegex(TypeError, "exactly length 1"):
            exec(function.__code__)
        exec(function.__code__, closure=function.__closure__)
        with self.assertRaisesRegex(TypeError, "code object"):
            exec("1", closure=function.__closure__)

    def test_every_name_is_there(self):
        for name in ("open", "__import__", "__build_class__", "anext",
                     "ExceptionGroup", "__debug__"):
            self.assertTrue(hasattr(builtins, name), name)


if __name__ == "__main__":
    unittest.main()
