"""Objects/type: classes, their slots, layouts and lookups."""

import _pickle
import functools
import io
import sys
import unittest


class SlotUpdateTests(unittest.TestCase):
    def test_dunder_set_later_is_used_by_operators_of_subclasses(self):
        class Base:
            pass

        class Derived(Base):
            pass

        with self.assertRaises(TypeError):
            Derived() + 1
        Base.__add__ = lambda self, other: ("added", other)
        self.assertEqual(Derived() + 1, ("added", 1))
        del Base.__add__
        with self.assertRaises(TypeError):
            Derived() + 1

    def test_overriding_one_of_two_dunders_of_a_slot(self):
        class Number(int):
            def __radd__(self, other):
                return "reflected"

        self.assertEqual(1 + Number(2), "reflected")
        self.assertEqual(Number(2) + 1, 3)

    def test_bases_assignment_changes_what_instances_do(self):
        class Quiet:
            def speak(self):
                return "..."

        class Loud:
            def speak(self):
                return "!"

            def __len__(self):
                return 7

        class Person(Quiet):
            pass

        person = Person()
        self.assertEqual(person.speak(), "...")
        Person.__bases__ = (Loud,)
        self.assertEqual((person.speak(), len(person)), ("!", 7))

    def test_slots_come_from_the_first_class_of_the_mro_that_has_the_dunder(self):
        class Meta(type):
            pass

        class Sized(metaclass=Meta):
            def __len__(self):
                return 3

        class Indexed:
            __hash__ = None

            def __getitem__(self, i):
                return i

        class Both(Sized, Indexed):
            def __repr__(self):
                return "Both!"

        class Mapping(Both, dict):
            def __add__(self, other):
                return "added"

        self.assertEqual((len(Mapping()), Mapping()[5], Mapping() + 1,
                          repr(Mapping()), list(Mapping())),
                         (3, 5, "added", "Both!", []))
        with self.assertRaisesRegex(TypeError, "unhashable"):
            hash(Both())
        Sized.__len__ = lambda self: 11
        self.assertEqual((len(Both()), len(Mapping())), (11, 11))

    def test_dunders_whose_names_are_not_interned_strings(self):
        class Text(str):
            pass

        for name in ("".join(["__le", "n__"]), Text("__len__")):
            with self.subTest(type=type(name)):
                made = type("Made", (int, Both := type("Both", (), {})),
                            {name: lambda self: 8, 5: "no name at all"})
                self.assertEqual(len(made()), 8)

    def test_failed_bases_assignment_changes_nothing(self):
        class A:
            pass

        class B(A):
            pass

        mro = B.__mro__
        with self.assertRaisesRegex(TypeError, "inheritance cycle"):
            A.__bases__ = (B,)
        self.assertEqual((A.__bases__, B.__mro__), ((object,), mro))


class LookupTests(unittest.TestCase):
    def test_cache_follows_changes_along_the_mro(self):
        class Top:
            value = 1

        class Bottom(Top):
            pass

        self.assertEqual(Bottom.value, 1)
        Top.value = 2
        self.assertEqual(Bottom.value, 2)
        Bottom.value = 3
        self.assertEqual(Bottom.value, 3)
        del Bottom.value
        self.assertEqual(Bottom.value, 2)

    def test_hostile_key_in_a_class_dict(self):
        class Key(str):
            def __eq__(self, other):
                raise ZeroDivisionError

            __hash__ = str.__hash__

        cls = type("C", (), {Key("attribute"): 1})
        self.assertFalse(hasattr(cls(), "attribute"))

    def test_getattr_hook_only_after_the_ordinary_lookup(self):
        class Lazy:
            present = 1

            def __getattr__(self, name):
                return name.upper()

        self.assertEqual((Lazy().present, Lazy().absent), (1, "ABSENT"))

    def test_missing_attribute_knows_object_and_name(self):
        target = object()
        with self.assertRaises(AttributeError) as caught:
            target.nothing
        self.assertIs(caught.exception.obj, target)
        self.assertEqual(caught.exception.name, "nothing")


class WrapperTests(unittest.TestCase):
    """What holds a callable, and is given another while that is called."""

    def test_call_that_replaces_the_callable(self):
        class Callable:
            def __call__(self, *args):
                wrapper.__init__(len)
                return args

            def __get__(self, instance, owner):
                wrapper.__init__(len)
                return self

        wrapper = staticmethod(Callable())
        self.assertEqual(wrapper(1), (1,))
        wrapper = classmethod(Callable())
        self.assertEqual(wrapper.__get__(None, int)(2), (2,))
        for use in (lambda: wrapper.__get__(1, int),
                    lambda: wrapper.__set__(1, 2),
                    lambda: wrapper.__delete__(1)):
            wrapper = property(Callable(), Callable(), Callable())
            use()
            self.assertIs(wrapper.fget, len)

    def test_abstract_flag_that_replaces_the_functions(self):
        class Part:
            @property
            def __isabstractmethod__(self):
                wrapper.__init__()
                return False

        wrapper = property(Part(), Part(), Part())
        self.assertIs(wrapper.__isabstractmethod__, False)


class LayoutTests(unittest.TestCase):
    def test_slots_and_dict_are_freed_with_the_instance(self):
        class Slotted:
            __slots__ = ("a", "__dict__")

        marker = object()
        before = sys.getrefcount(marker)
        one = Slotted()
        one.a = one.b = marker
        self.assertEqual(sys.getrefcount(marker), before + 2)
        del one
        self.assertEqual(sys.getrefcount(marker), before)

    def test_class_assignment_needs_the_same_layout(self):
        class A:
            pass

        class B:
            pass

        class C:
            __slots__ = ("x",)

        instance = A()
        instance.kept = 1
        instance.__class__ = B
        self.assertEqual((type(instance), instance.kept), (B, 1))
        with self.assertRaisesRegex(TypeError, "object layout differs"):
            instance.__class__ = C

    def test_metaclass_mro_is_checked(self):
        class Meta(type):
            def mro(cls):
                return (cls, int)

        with self.assertRaisesRegex(TypeError, "unsuitable layout"):
            Meta("X", (), {})

    def test_init_that_returns_something(self):
        class Wrong:
            def __init__(self):
                return 1

        with self.assertRaisesRegex(TypeError, "should return None, not 'int'"):
            Wrong()


class NativeTypeTests(unittest.TestCase):
    def test_types_of_native_modules_do_not_change(self):
        for native in (_pickle.Pickler, _pickle.Unpickler, functools.partial,
                       type(_pickle.Pickler(io.BytesIO()).memo)):
            with self.assertRaisesRegex(TypeError, "immutable type"):
                native.added = 1

    def test_type_of_a_cache_is_no_base(self):
        with self.assertRaisesRegex(TypeError, "not an acceptable base type"):
            type("Derived", (type(functools.lru_cache(abs)),), {})


class SubclassRegisterTests(unittest.TestCase):
    def test_subclass_made_while_the_last_one_is_collected(self):
        # The collector took the base's register away under the new subclass.
        import gc

        class Base:
            pass

        thresholds = gc.get_threshold()
        self.addCleanup(gc.set_threshold, *thresholds)
        gc.set_threshold(1, 1, 1)
        for _ in range(300):
            cls = type("Sub", (Base,), {})
            self.assertIn(cls, Base.__subclasses__())
            cls.itself = cls
            del cls


if __name__ == "__main__":
    unittest.main()
