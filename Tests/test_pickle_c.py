"""_pickle: the same bytes as ever, and hostile ones."""

import io
import pickle
import unittest


class BytesTests(unittest.TestCase):
    def test_small_pickles_are_what_every_version_writes(self):
        self.assertEqual(pickle.dumps([1, "a"], 2), b"\x80\x02]q\x00(K\x01X"
                         b"\x01\x00\x00\x00aq\x01e.")
        self.assertEqual(pickle.dumps((1, 2.5), 4), b"\x80\x04\x95\x0e\x00"
                         b"\x00\x00\x00\x00\x00\x00K\x01G@\x04\x00\x00\x00"
                         b"\x00\x00\x00\x86\x94.")

    def test_large_data_stand_between_frames(self):
        data = b"x" * 200_000
        text = pickle.dumps([data, data], 4)
        self.assertEqual(pickle.loads(text)[1], data)
        self.assertLess(len(text), 200_100)

    def test_recursive_objects_come_back_recursive(self):
        items = []
        pair = (items, {})
        items.append(pair)
        pair[1]["self"] = pair
        for protocol in range(6):
            copy = pickle.loads(pickle.dumps(pair, protocol))
            self.assertIs(copy[0][0], copy)
            self.assertIs(copy[1]["self"], copy)


class HostileTests(unittest.TestCase):
    def test_every_beginning_of_a_pickle_is_an_error(self):
        for protocol in range(6):
            data = pickle.dumps([{"a": (1, {2}, b"x", 2.5)}, "text" * 80],
                                protocol)
            for end in range(len(data)):
                with self.assertRaises((EOFError, pickle.UnpicklingError,
                                        ValueError)):
                    pickle.loads(data[:end])

    def test_opcodes_without_operands_are_errors(self):
        for opcode in range(256):
            for start in (b"", b"(", b"N", b"(N", b"]", b"NN"):
                try:
                    pickle.loads(start + bytes([opcode]) + b"\x00" * 8 + b".")
                except Exception:
                    pass

    def test_file_that_lies_about_its_data_is_caught(self):
        class Liar(io.BytesIO):
            def read(self, size=-1):
                return b""
            def peek(self, size):
                return b"N."
        with self.assertRaises((EOFError, pickle.UnpicklingError)):
            pickle.load(type("Empty", (io.BytesIO,), {})(b""))
        self.assertIsNone(pickle.load(Liar(b"N.")))

    def test_reduction_that_changes_the_list_is_survived(self):
        class Clearing:
            def __reduce__(self):
                items.clear()
                return str, ()
        items = [Clearing(), 1, 2]
        pickle.dumps(items)
        self.assertEqual(items, [])


if __name__ == "__main__":
    unittest.main()
