"""Marshal data: the same for the same objects, and safe to read whatever it is."""
import io
import marshal
import pickle
import random
import unittest

from support import lucid_only


class RoundTripTests(unittest.TestCase):
    VALUES = [None, True, ..., StopIteration, 0, -1, 1 << 31, -(1 << 200), 1.5, -0.0, 1j, "", "a",
              "\xe9", "\u20ac", "\udc80", "x" * 300, b"", b"y" * 300, (), (1, 2), [], [1, [2]],
              {}, {1: {2: 3}}, set(), {1, 2}, frozenset("ab")]

    def test_every_version_that_can_hold_the_value(self):
        for value in self.VALUES:
            for version in range(5):
                try:
                    data = marshal.dumps(value, version)
                except ValueError:
                    continue
                with self.subTest(value=value, version=version):
                    loaded = marshal.loads(data)
                    self.assertEqual(repr(type(loaded)), repr(type(value)))
                    self.assertEqual(loaded, value)

    def test_shared_objects_stay_shared(self):
        item = ["shared"]
        first, second = marshal.loads(marshal.dumps([item, item]))
        self.assertIs(first, second)

    def test_interned_names_are_always_marked(self):
        name = "name_that_nobody_else_has"
        code = compile(name, "f", "exec")
        self.assertIn(b"\xda\x19" + name.encode(), marshal.dumps(code))

    def test_one_character_is_interned_if_it_is_a_name(self):
        self.assertIn(b"\xf4\x02\0\0\0\xc3\xbe",
                      marshal.dumps(compile("\xfe = 1", "f", "exec")))
        self.assertIn(b"u\x02\0\0\0\xc3\xbd",
                      marshal.dumps(["\xfd"], 2))


class HostileDataTests(unittest.TestCase):
    def test_truncated_and_damaged_code_raises_or_loads(self):
        source = "def f(a, *b, c=1, **d):\n  return [x for x in b if x != 'text'], {1, 2}\n"
        data = marshal.dumps(compile(source, "f", "exec"))
        for size in range(len(data)):
            with self.assertRaises((EOFError, ValueError, TypeError)):
                marshal.loads(data[:size])
        rng = random.Random(1)
        for _ in range(3000):
            damaged = bytearray(data)
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            try:
                marshal.loads(damaged)
            except Exception:
                pass

    def test_deep_nesting_is_an_error(self):
        with self.assertRaises(ValueError):
            marshal.loads(b"(\x01\x00\x00\x00" * 100000)

    def test_sets_in_sets_are_as_deep_as_anything_else(self):
        nested = frozenset()
        for _ in range(1000):
            nested = frozenset([nested])
        self.assertEqual(
            marshal.dumps(marshal.loads(marshal.dumps(nested, 2)), 2),
            marshal.dumps(nested, 2))
        for _ in range(20_000):
            nested = frozenset([nested])
        with self.assertRaisesRegex(ValueError, "deeply nested"):
            marshal.dumps(nested)

    def test_variable_of_no_kind_is_no_local_one(self):
        data = marshal.dumps(compile("def f(): a = b = 1", "f", "exec"))
        self.assertEqual(data.count(b"s\2\0\0\0  "), 1)
        code = marshal.loads(data.replace(b"s\2\0\0\0  ",
                                          b"s\2\0\0\0\0 "))
        function = code.co_consts[0]
        self.assertEqual(function.co_varnames, ("b",))
        self.assertEqual(function.co_nlocals, 1)

    @lucid_only("the reference crashes")
    def test_unfinished_tuple_can_be_hashed(self):
        # (x, {self: 1}), {self} and frozenset({self}) within the tuple
        for inner in (b"{r\0\0\0\0i\1\0\0\0" b"0", b"<\1\0\0\0r\0\0\0\0",
                      b">\1\0\0\0r\0\0\0\0"):
            value = marshal.loads(b"\xa9\2N" + inner)
            self.assertIs(next(iter(value[1])), value)
            self.assertIsNone(value[0])

    @lucid_only("the reference's view outlives the memory")
    def test_memory_that_readinto_keeps_is_dead_or_stays(self):
        class Keeper(io.BytesIO):
            def readinto(self, buffer):
                kept.append(buffer[:])
                if export:
                    kept.append(memoryview(pickle.PickleBuffer(buffer)))
                return super().readinto(buffer)

        data = marshal.dumps([b"x" * 1000, "y" * 5000])
        for export in (False, True):
            kept = []
            if export:
                with self.assertRaisesRegex(BufferError, "still exported"):
                    marshal.load(Keeper(data))
            else:
                self.assertEqual(marshal.load(Keeper(data))[0], b"x" * 1000)
            with self.assertRaises(ValueError):
                kept[0][0]
            if export:
                self.assertEqual(bytes(kept[1]), data[:len(kept[1])])


if __name__ == "__main__":
    unittest.main()
