"""_pickle: the same bytes as ever, and hostile ones."""

import io
import pickle
import unittest

from support import lucid_only


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

    @lucid_only("the reference crashes, or does without a limit")
    def test_memo_index_beyond_memory_is_an_error(self):
        for index in (2 ** 63 - 1, 2 ** 62, 2 ** 61):
            with self.assertRaises(MemoryError):
                pickle.loads(b"Np%d\n." % index)

    @lucid_only("the reference's view outlives the memory")
    def test_memory_that_readinto_keeps_is_dead_or_stays(self):
        class Keeper(io.BytesIO):
            def readinto(self, buffer):
                kept.append(buffer[1:])
                if self.export:
                    kept.append(memoryview(pickle.PickleBuffer(buffer)))
                return super().readinto(buffer)

        data = pickle.dumps([b"x" * 70_000, bytearray(70_000)], 5)
        for export in (False, True):
            kept, file = [], Keeper(data)
            file.export = export
            if export:
                with self.assertRaisesRegex(BufferError, "still exported"):
                    pickle.load(file)
                self.assertEqual(bytes(kept[1]), b"x" * 70_000)
            else:
                self.assertEqual(pickle.load(file)[0], b"x" * 70_000)
            with self.assertRaises(ValueError):
                kept[0][0]


@lucid_only("the reference loses its place, or its memory")
class BusyTests(unittest.TestCase):
    def test_loading_inside_of_loading_is_refused(self):
        class Nested(pickle.Unpickler):
            def persistent_load(self, pid):
                for again in (self.load, lambda: self.__init__(io.BytesIO())):
                    with test.assertRaisesRegex(RuntimeError, "in use"):
                        again()
                return pid

        test = self
        self.assertEqual(Nested(io.BytesIO(b"(Pone\nPtwo\nl.")).load(),
                         ["one", "two"])

    def test_dumping_inside_of_dumping_is_refused(self):
        class Nested(pickle.Pickler):
            def persistent_id(self, item):
                for again in (lambda: self.dump(1), lambda: self.__init__(file)):
                    with test.assertRaisesRegex(RuntimeError, "in use"):
                        again()

        test, file = self, io.BytesIO()
        Nested(file).dump([1, "two"])
        self.assertEqual(pickle.loads(file.getvalue()), [1, "two"])

    def test_finalizer_that_fills_the_memo_while_it_is_emptied(self):
        class Filler:
            def __del__(self):
                pickler.dump([[] for _ in range(50)])

        pickler = pickle.Pickler(io.BytesIO())
        pickler.memo = {1: (0, Filler()), 2: (1, Filler())}
        pickler.clear_memo()
        self.assertEqual(pickler.memo.copy(), {})

    def test_buffer_released_by_its_callback(self):
        data = pickle.PickleBuffer(bytearray(b"x" * 100))
        with self.assertRaises(ValueError):
            pickle.dumps(data, 5,
                         buffer_callback=lambda it: it.release() or True)

    def test_bytearray_cannot_shrink_while_it_is_written(self):
        class Shrinker(io.BytesIO):
            def write(self, data):
                if len(array):
                    array.clear()
                return super().write(data)

        array = bytearray(100_000)
        with self.assertRaises(BufferError):
            pickle.dump(array, Shrinker(), 5)

    def test_file_that_gives_no_bytes_after_it_gave_some(self):
        class File:
            answers = [b"N", None, None]
            read = readline = lambda self, size=0: self.answers.pop(0)

        unpickler = pickle.Unpickler(File())
        for _ in range(2):
            with self.assertRaises(TypeError):
                unpickler.load()

    def test_memo_of_a_pickler_without_init(self):
        for cls in (pickle.Pickler, pickle.Unpickler):
            self.assertEqual(cls.__new__(cls).memo.copy(), {})


if __name__ == "__main__":
    unittest.main()
