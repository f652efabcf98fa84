"""Objects/bytes*.c, Objects/bytearrayobject.c: searching, changing, lending."""

import array
import time
import unittest

from support import lucid_only


class SearchTests(unittest.TestCase):
    def test_same_answers_as_a_naive_search(self):
        text = b"abracadabra" * 9 + b"xyz"
        for needle in b"a", b"abra", b"raab", b"xyz", b"zz", b"":
            hits = [i for i in range(len(text) + 1)
                    if text.startswith(needle, i)]
            self.assertEqual(text.find(needle), hits[0] if hits else -1)
            self.assertEqual(text.rfind(needle), hits[-1] if hits else -1)

    def test_bad_cases_take_linear_time(self):
        text = b"a" * 300_000
        started = time.perf_counter()
        self.assertEqual(text.find(b"a" * 1000 + b"b"), -1)
        self.assertEqual(text.rfind(b"b" + b"a" * 1000), -1)
        self.assertEqual(text.count(b"a" * 500 + b"b" + b"a" * 500), 0)
        self.assertLess(time.perf_counter() - started, 5.0)


class ByteArrayTests(unittest.TestCase):
    def test_items_that_change_the_array_while_it_grows(self):
        array = bytearray(b"start")

        class Clearing:
            def __index__(self):
                array.clear()
                return 42

        array.append(Clearing())
        self.assertEqual(array, b"*")
        array.extend([Clearing(), 43])
        self.assertEqual(array, b"*+")

    def test_index_that_shortens_the_array(self):
        array = bytearray(b"abc")

        class Clearing:
            def __index__(self):
                array.clear()
                return 1

        with self.assertRaises(IndexError):
            array[1] = Clearing()

    @lucid_only("the reference searches memory that is gone")
    def test_arguments_that_resize_the_array_while_it_is_searched(self):
        array = bytearray(b"abc" * 100)

        class Growing:
            def __index__(self):
                array.extend(bytes(100_000))
                return 1

        class Text(str):
            def __len__(self):
                array.extend(bytes(100_000))
                return 1

        growing = Growing()
        for use in (lambda: growing in array, lambda: array.find(growing),
                    lambda: array.rindex(b"a", growing),
                    lambda: array.count(b"a", 0, growing),
                    lambda: array.startswith(b"a", growing)):
            with self.assertRaises(BufferError):
                use()
        self.assertEqual(array, b"abc" * 100)
        try:
            array.hex(Text(":"))
        except BufferError:
            pass
        array.append(1)                  # it can be resized again

    def test_lent_memory_cannot_move(self):
        array = bytearray(b"abc")
        with memoryview(array):
            for change in (lambda: array.append(1), lambda: array.pop(),
                           array.clear, lambda: array.__imul__(2),
                           lambda: array.__delitem__(0)):
                with self.assertRaises(BufferError):
                    change()
            array[0] = 120
        self.assertEqual(array, b"xbc")

    def test_join_whose_iterator_resizes_the_separator(self):
        separator = bytearray(b",")

        def parts():
            yield b"a"
            separator.clear()
            yield b"b"

        try:
            separator.join(parts())
        except BufferError:
            pass

    def test_slice_deletion_with_steps(self):
        for start in None, 0, 1, 9:
            for step in 1, 2, 3, -1, -2, -3:
                expected = list(range(10))
                array = bytearray(expected)
                del expected[start::step], array[start::step]
                self.assertEqual(list(array), expected)

    def test_empty_value_deletes_a_stepped_slice(self):
        for make in bytearray, lambda items: array.array("b", items):
            items = make(range(8))
            items[1::3] = make([])
            self.assertEqual(list(items), [0, 2, 3, 5, 6])

    def test_repr_escapes_single_quotes_in_either_quotes(self):
        self.assertEqual(repr(bytearray(b"'")), 'bytearray(b"\\\'")')
        self.assertEqual(repr(b"'"), 'b"\'"')

    def test_queue_use_gives_memory_back(self):
        array = bytearray(1_000_000)
        while len(array) > 10:
            del array[:max(1, len(array) // 2)]
        self.assertLess(array.__sizeof__(), 10_000)


class FormatTests(unittest.TestCase):
    def test_conversions(self):
        self.assertEqual(b"%5.2f|%-4d|%+d|%#x" % (1.5, 2, 3, 255),
                         b" 1.50|2   |+3|0xff")
        self.assertEqual(b"%(k)s" % {b"k": b"v"}, b"v")
        self.assertEqual(bytearray(b"%b") % bytearray(b"x"), b"x")

    def test_object_whose_bytes_method_fails(self):
        class Broken:
            def __bytes__(self):
                return "no"

        with self.assertRaisesRegex(TypeError, "non-bytes"):
            b"%b" % Broken()


class MemoryViewTests(unittest.TestCase):
    def test_released_during_item_conversion(self):
        view = memoryview(bytearray(8))

        class Releasing:
            def __index__(self):
                view.release()
                return 1

        with self.assertRaisesRegex(ValueError, "released"):
            view[0] = Releasing()

    def test_overlapping_slice_assignment(self):
        array = bytearray(range(6))
        view = memoryview(array)
        view[::2] = view[2::-1]
        self.assertEqual(list(array), [2, 1, 1, 3, 0, 5])
        view[1:] = view[:-1]
        self.assertEqual(list(array), [2, 2, 1, 1, 3, 0])

    def test_cast_to_dimensions_and_back(self):
        view = memoryview(bytes(range(12))).cast("B", [3, 4])
        self.assertEqual(view[2, 3], 11)
        self.assertEqual(view.tobytes("F")[:3], bytes([0, 4, 8]))
        self.assertEqual(view.cast("B").tolist(), list(range(12)))


if __name__ == "__main__":
    unittest.main()
