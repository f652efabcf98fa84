"""Objects/dict: tables, mutation during lookups, instance attributes."""

import gc
import random
import sys
import unittest


class Evil:
    """Equal hashes; comparing does something to the dictionary first."""

    def __init__(self, action):
        self.action = action

    def __hash__(self):
        return 1

    def __eq__(self, other):
        self.action()
        return False


class LookupTests(unittest.TestCase):
    def test_comparison_that_clears_the_dictionary(self):
        d = {}
        d[Evil(d.clear)] = 1
        with self.assertRaises(KeyError):
            d[Evil(lambda: None)]
        self.assertEqual(d, {})

    def test_comparison_that_replaces_the_table_during_insertion(self):
        d = {}
        d[Evil(lambda: (d.clear(), d.update(a=1)))] = 1
        key = Evil(lambda: None)
        d[key] = 2
        self.assertEqual(list(d.values()), [1, 2])
        self.assertEqual(d["a"], 1)

    def test_key_of_a_str_subclass_finds_a_plain_name(self):
        class Name(str):
            def __hash__(self):
                return hash("x")

            def __eq__(self, other):
                return other == "x"

        self.assertEqual({"x": 1}[Name("other")], 1)

    def test_model_with_random_operations(self):
        rng = random.Random(3)
        d, model = {}, []
        for step in range(20000):
            key = rng.choice([rng.randrange(60), str(rng.randrange(60))])
            known = [k for k, v in model]
            if rng.random() < 0.6:
                d[key] = step
                if key in known:
                    model[known.index(key)] = (key, step)
                else:
                    model.append((key, step))
            elif rng.random() < 0.9:
                self.assertEqual(d.pop(key, None), dict(model).get(key))
                model = [(k, v) for k, v in model if k != key]
            elif d:
                self.assertEqual(d.popitem(), model.pop())
        self.assertEqual(list(d.items()), model)
        self.assertEqual(list(reversed(d)), [k for k, v in reversed(model)])


class IterationTests(unittest.TestCase):
    def test_size_change_is_noticed_and_stays_an_error(self):
        d = {1: 1}
        iterator = iter(d)
        d[2] = 2
        for attempt in range(2):
            with self.assertRaisesRegex(RuntimeError, "changed size"):
                next(iterator)

    def test_replaced_keys_are_noticed(self):
        d = {0: 0}
        with self.assertRaisesRegex(RuntimeError, "keys changed"):
            for key in d:
                del d[key]
                d[key + 1] = 0

    def test_view_operations_on_either_side(self):
        d = {"a": 1, "b": 2}
        self.assertEqual({"a", "c"} & d.keys(), {"a"})
        self.assertEqual(["a"] & d.keys(), {"a"})
        self.assertEqual(d.items() ^ {"a": 1, "b": 3}.items(),
                         {("b", 2), ("b", 3)})
        self.assertIs(type(frozenset("a") & d.keys()), set)


class InstanceTests(unittest.TestCase):
    def test_attributes_keep_their_own_insertion_order(self):
        class C:
            pass

        first, second = C(), C()
        first.x, first.y = 1, 2
        second.y, second.x = 1, 2
        self.assertEqual(list(vars(first)), ["x", "y"])
        self.assertEqual(list(vars(second)), ["y", "x"])
        del second.y
        second.y = 3
        self.assertEqual(list(vars(second)), ["x", "y"])

    def test_more_attributes_than_keys_can_be_shared(self):
        class C:
            pass

        objects = [C() for i in range(3)]
        for i, obj in enumerate(objects):
            for j in range(100):
                setattr(obj, f"a{(j * 7 + i) % 100}", j)
        for i, obj in enumerate(objects):
            self.assertEqual(len(vars(obj)), 100)
            self.assertEqual(vars(obj)[f"a{i}"], 0)

    def test_dict_outlives_its_instance(self):
        class C:
            pass

        obj = C()
        obj.x = [1]
        attributes = obj.__dict__
        del obj
        gc.collect()
        attributes["y"] = 2
        self.assertEqual(attributes, {"x": [1], "y": 2})

    def test_deleting_an_absent_attribute(self):
        class C:
            pass

        obj = C()
        obj.x = 1
        del obj.x
        with self.assertRaisesRegex(AttributeError, "x"):
            del obj.x
        self.assertEqual(vars(obj), {})


class RefcountTests(unittest.TestCase):
    def test_failed_update_keeps_what_was_set_and_every_refcount(self):
        value = object()
        before = sys.getrefcount(value)
        d = {}
        with self.assertRaises(ValueError):
            d.update([("a", value), ("b",)])
        self.assertEqual(list(d), ["a"])
        del d
        self.assertEqual(sys.getrefcount(value), before)


if __name__ == "__main__":
    unittest.main()
