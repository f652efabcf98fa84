"""Streams: what the stacks of FileIO, Buffered* and TextIOWrapper promise."""
import codecs
import errno
import gc
import io
import os
import pickle
import sys
import tempfile
import unittest
import warnings
from contextlib import suppress


lucid_only = unittest.skipUnless(hasattr(sys.implementation, "lucid"),
                                 "the reference crashes, or lets it pass")


class Scratch(unittest.TestCase):
    def setUp(self):
        handle, self.path = tempfile.mkstemp()
        os.close(handle)
        self.addCleanup(os.unlink, self.path)


class FileIOTests(Scratch):
    def test_failed_open_leaves_the_callers_descriptor_open(self):
        fd = os.open(tempfile.gettempdir(), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        with self.assertRaises(IsADirectoryError):
            io.FileIO(fd)
        os.fstat(fd)

    def test_negative_result_of_the_opener_is_refused(self):
        with self.assertRaisesRegex(ValueError, "opener returned -3"):
            open("x", opener=lambda path, flags: -3)

    def test_modes_are_reported_in_one_spelling(self):
        for given, shown in (("r+b", "rb+"), ("w+", "rb+"), ("a", "ab")):
            with io.FileIO(self.path, given) as file:
                self.assertEqual(file.mode, shown)

    def test_forgotten_file_is_closed_with_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            file = open(self.path)
            fd = file.fileno()
            del file
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])
        with self.assertRaises(OSError):
            os.fstat(fd)


class BufferedTests(Scratch):
    def test_seek_inside_the_buffer_reads_the_same_bytes(self):
        with open(self.path, "wb") as file:
            file.write(bytes(range(256)) * 64)
        with open(self.path, "rb") as file:
            file.read(100)
            file.seek(-50, 1)
            self.assertEqual(file.read(1), b"2")
            self.assertEqual(file.tell(), 51)

    def test_reads_and_writes_share_one_position(self):
        with open(self.path, "w+b") as file:
            file.write(b"0123456789")
            file.seek(2)
            self.assertEqual(file.read(2), b"23")
            file.write(b"xx")
            file.seek(0)
            self.assertEqual(file.read(), b"0123xx6789")

    def test_raw_stream_that_lies_about_the_count_is_caught(self):
        class Liar(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                return len(buffer) + 1

        with self.assertRaisesRegex(OSError, "invalid length"):
            io.BufferedReader(Liar()).read(10)

    @lucid_only
    def test_view_kept_by_the_raw_stream_is_dead_afterwards(self):
        kept = []

        class Keeper(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                kept.append(buffer)
                return 0

        io.BufferedReader(Keeper()).read(10)
        with self.assertRaises(ValueError):
            kept[0][0]

    @lucid_only
    def test_memory_exported_by_the_raw_stream_is_never_freed(self):
        kept = []

        class Keeper(io.RawIOBase):
            def readable(self):
                return True

            def writable(self):
                return True

            def keep(self, buffer):
                exported = memoryview(pickle.PickleBuffer(buffer))
                kept.append((exported, buffer[1:]))
                return 1

            readinto = write = keep

        reader, target = io.BufferedReader(Keeper(), 16), bytearray(100)
        for read in (lambda: reader.read(10), lambda: reader.readinto(target),
                     lambda: reader.read1(50)):
            with self.assertRaisesRegex(BufferError, "still exported"):
                read()
        writer = io.BufferedWriter(Keeper(), 16)
        for data in (bytes(100), target):
            with self.assertRaisesRegex(BufferError, "still exported"):
                writer.write(data)
        with self.assertRaises(BufferError):
            target.append(1)
        del reader, writer, target
        for exported, part in kept:
            self.assertGreaterEqual(len(exported.tobytes()), 10)
            with self.assertRaises(ValueError):
                part[0]

    def test_blocked_write_tells_how_much_was_taken(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        file = io.BufferedWriter(io.FileIO(writer, "w"), 16)
        with self.assertRaises(BlockingIOError) as caught:
            for _ in range(10 ** 6):
                file.write(b"x" * 1000)
        self.assertEqual(caught.exception.errno, errno.EAGAIN)
        self.assertGreater(caught.exception.characters_written, 0)
        os.read(reader, 1 << 20)
        file.close()
        self.assertTrue(file.closed)

    def test_call_back_into_a_busy_stream_is_refused(self):
        class Recursive(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                stream.read(1)

        stream = io.BufferedReader(Recursive())
        with self.assertRaisesRegex(RuntimeError, "reentrant call inside"):
            stream.read(1)


class TextTests(Scratch):
    def test_positions_work_inside_multibyte_text(self):
        text = "a\u00e9\u4e2d\U0001f600\n" * 500
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        with open(self.path, encoding="utf-8") as file:
            for count in (1, 7, 333, 2000):
                file.seek(0)
                start = file.read(count)
                here = file.tell()
                rest = file.read()
                self.assertEqual(start + rest, text)
                file.seek(here)
                self.assertEqual(file.read(), rest)

    def test_newlines_across_chunks(self):
        raw = io.BytesIO(b"a\r\nb\rc\n" * 20)
        for chunk in (1, 2, 3, 5):
            raw.seek(0)
            for newline, line in ((None, "a\n"), ("", "a\r\n"),
                                  ("\r\n", "a\r\n"), ("\r", "a\r")):
                raw.seek(0)
                file = io.TextIOWrapper(raw, "ascii", newline=newline)
                file._CHUNK_SIZE = chunk
                self.assertEqual(file.readline(), line)
                if newline is None:
                    self.assertEqual(file.read(), "b\nc\n" +
                                     "a\nb\nc\n" * 19)
                file.detach()

    def test_line_limits_add_up_to_the_line(self):
        file = io.TextIOWrapper(io.BytesIO(b"0123456789\r\nab\r\n"), "ascii",
                                newline="\r\n")
        file._CHUNK_SIZE = 3
        pieces = [file.readline(4) for _ in range(5)]
        self.assertEqual(pieces, ["0123", "4567", "89\r\n", "ab\r\n", ""])

    def test_byte_order_mark_is_written_once(self):
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, "utf-16")
        for _ in range(3):
            file.write("a")
        file.flush()
        self.assertEqual(raw.getvalue(), "aaa".encode("utf-16"))
        file.seek(0)
        file.write("b")
        file.flush()
        self.assertEqual(raw.getvalue()[:4], "b".encode("utf-16"))

    @lucid_only
    def test_buffer_that_detaches_itself_in_each_of_its_methods(self):
        class Detacher(io.BytesIO):
            armed = ""

            def __getattribute__(self, name):
                if name == object.__getattribute__(self, "armed"):
                    self.armed = ""
                    wrapper.detach()
                return super().__getattribute__(name)

        uses = dict(
            closed=lambda: wrapper.read(), read=lambda: wrapper.read(),
            read1=lambda: next(wrapper), flush=lambda: wrapper.flush(),
            tell=lambda: wrapper.tell(), seek=lambda: wrapper.seek(0, 2),
            write=lambda: (wrapper.write("x" * 9000), wrapper.write("x")),
            truncate=lambda: wrapper.truncate(), name=lambda: wrapper.name,
            readable=lambda: wrapper.reconfigure(encoding="utf-16"),
            writable=lambda: wrapper.reconfigure(encoding="utf-16"))
        for name, use in uses.items():
            with self.subTest(name):
                buffer = Detacher(b"text\n" * 10)
                wrapper = io.TextIOWrapper(buffer, "ascii")
                buffer.armed = name
                try:
                    use()
                except (ValueError, AttributeError):
                    pass
                with self.assertRaisesRegex(ValueError, "detached"):
                    wrapper.read()

    @lucid_only
    def test_read_that_initializes_the_stream_again(self):
        class Again(io.BytesIO):
            def read(self, *args):
                with suppress(TypeError):
                    wrapper.__init__(None)           # leaves it without parts
                return super().read(*args)
            read1 = read

        for use in (lambda: wrapper.read(), lambda: wrapper.read(3),
                    lambda: wrapper.readline(), lambda: list(wrapper)):
            wrapper = io.TextIOWrapper(Again(b"text"), "ascii")
            with self.assertRaises((ValueError, AttributeError)):
                use()

    @lucid_only
    def test_initializing_within_initializing_is_refused(self):
        class Again(io.BytesIO):
            def readable(self):
                with test.assertRaisesRegex(RuntimeError, "reentrant"):
                    wrapper.__init__(io.BytesIO())
                return True

        test, wrapper = self, io.TextIOWrapper.__new__(io.TextIOWrapper)
        wrapper.__init__(Again(b"text"), "ascii")
        self.assertEqual(wrapper.read(), "text")

    @lucid_only
    def test_error_handler_that_changes_the_handler(self):
        def handler(error):
            wrapper.reconfigure(errors="replace")
            return "?", error.end

        codecs.register_error("test.changing" + "x" * 100, handler)
        wrapper = io.TextIOWrapper(io.BytesIO(), "ascii",
                                   errors="test.changing" + "x" * 100)
        wrapper.write("\xe9" * 100)
        wrapper.flush()
        self.assertEqual(wrapper.buffer.getvalue(), b"?")

    @lucid_only
    def test_newline_decoder_that_is_initialized_again_while_at_work(self):
        """The decoder inside, at work too, used to be freed."""
        class Decoder:
            def replace(self, *ignored):
                outer.__init__(None, True)
                return b"", 0

            getstate = setstate = reset = replace

            def decode(self, data, final=False):
                self.replace()
                return "text"

        calls = {"decode": (b"",), "getstate": (), "setstate": ((b"", 0),),
                 "reset": ()}
        for name, arguments in calls.items():
            outer = io.IncrementalNewlineDecoder(
                io.IncrementalNewlineDecoder(Decoder(), True), True)
            result = getattr(outer, name)(*arguments)
            if name == "decode":
                self.assertEqual(result, "text")
            self.assertEqual(outer.decode("a\r\n", True), "a\n")

    @lucid_only
    def test_decoder_whose_flags_forget_what_was_read(self):
        class Flags(int):
            def __index__(self):
                wrapper.seek(0)
                return 0
            __int__ = __index__

        class Decoder(codecs.IncrementalDecoder):
            def decode(self, data, final=False):
                return bytes(data).decode("ascii")

            def getstate(self):
                return b"", Flags()

        def search(name):
            if name == "test_flags":
                info = codecs.lookup("ascii")
                return codecs.CodecInfo(info.encode, info.decode,
                                        incrementalencoder=None,
                                        incrementaldecoder=Decoder,
                                        name="test_flags")

        class Reader(io.BytesIO):
            def writable(self):
                return False

        codecs.register(search)
        self.addCleanup(codecs.unregister, search)
        wrapper = io.TextIOWrapper(Reader(b"text\n" * 10), "test_flags")
        wrapper.read(3)
        with suppress(OSError, ValueError, TypeError):
            wrapper.tell()
        wrapper.seek(0)
        self.assertEqual(wrapper.read(4), "text")

    @lucid_only
    def test_detaching_while_flushing_is_noticed(self):
        class Detacher(io.BytesIO):
            def write(self, data):
                wrapper.detach()
                return super().write(data)

        wrapper = io.TextIOWrapper(Detacher(), "ascii")
        wrapper.write("x" * 10)
        with self.assertRaises((ValueError, RecursionError)):
            wrapper.flush()


class MemoryTests(unittest.TestCase):
    def test_value_is_shared_until_it_changes(self):
        data = bytes(1000)
        stream = io.BytesIO(data)
        self.assertIs(stream.getvalue(), data)
        stream.write(b"x")
        self.assertEqual(data[0], 0)
        self.assertEqual(stream.getvalue()[:2], b"x\0")

    def test_exported_buffer_pins_the_size(self):
        stream = io.BytesIO(b"abc")
        with stream.getbuffer() as view:
            view[0] = ord("X")
            with self.assertRaises(BufferError):
                stream.truncate(1)
        self.assertEqual(stream.getvalue(), b"Xbc")

    def test_text_widens_and_keeps_what_was_there(self):
        stream = io.StringIO()
        for piece in ("ascii ", "\u00e9 ", "\u4e2d ", "\U0001f600"):
            stream.write(piece)
        self.assertEqual(stream.getvalue(), "ascii \u00e9 \u4e2d \U0001f600")

    def test_writing_beyond_the_end_fills_with_nulls(self):
        text, data = io.StringIO(), io.BytesIO()
        for stream, item in ((text, "x"), (data, b"x")):
            stream.seek(3)
            stream.write(item)
        self.assertEqual(text.getvalue(), "\0\0\0x")
        self.assertEqual(data.getvalue(), b"\0\0\0x")


if __name__ == "__main__":
    unittest.main()
