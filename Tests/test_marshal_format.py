"""Marshal data: the same for the same objects, and safe to read whatever it is."""
import marshal
import random
import unittest


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


if __name__ == "__main__":
    unittest.main()
