"""The module posix: conversions, errors, and the events before operations."""
import os
import posix
import signal
import sys
import syslog
import tempfile
import unittest


class PathArgumentTests(unittest.TestCase):
    def test_null_characters_are_refused(self):
        with self.assertRaisesRegex(ValueError, "embedded null"):
            posix.stat("a\0b")
        with self.assertRaisesRegex(ValueError, "stat: embedded null"):
            posix.stat(b"a\0b")

    def test_wrong_types_are_named(self):
        with self.assertRaisesRegex(
                TypeError, "stat: path should be string, bytes, os.PathLike "
                           "or integer, not float"):
            posix.stat(1.5)
        with self.assertRaisesRegex(
                TypeError, "mkdir: path should be string, bytes or "
                           "os.PathLike, not int"):
            posix.mkdir(3)

    def test_contradictory_arguments_are_refused(self):
        with self.assertRaisesRegex(ValueError, "without matching path"):
            posix.stat(1, dir_fd=3)
        with self.assertRaisesRegex(ValueError, "fd and follow_symlinks"):
            posix.stat(1, follow_symlinks=False)

    def test_ids_that_do_not_fit_are_refused(self):
        for value in (-2, 2 ** 32, 2 ** 80, -2 ** 80):
            with self.assertRaises(OverflowError):
                posix.chown("x", value, 0)


class DirectoryTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name
        for name in ("file", "other"):
            open(os.path.join(self.path, name), "w").close()
        os.mkdir(os.path.join(self.path, "folder"))
        os.symlink("nowhere", os.path.join(self.path, "link"))

    def test_entries_know_their_kind_without_stat(self):
        with posix.scandir(self.path) as entries:
            kinds = {entry.name: (entry.is_dir(), entry.is_file(),
                                  entry.is_symlink()) for entry in entries}
        self.assertEqual(kinds, {"file": (False, True, False),
                                 "other": (False, True, False),
                                 "folder": (True, False, False),
                                 "link": (False, False, True)})

    def test_entry_of_a_removed_file_is_no_file(self):
        entry = [e for e in posix.scandir(self.path) if e.name == "link"][0]
        os.unlink(os.path.join(self.path, "link"))
        self.assertFalse(entry.is_file())
        with self.assertRaises(FileNotFoundError):
            entry.stat()

    def test_bytes_in_bytes_out(self):
        self.assertEqual(sorted(posix.listdir(os.fsencode(self.path))),
                         [b"file", b"folder", b"link", b"other"])

    def test_descriptor_of_a_directory(self):
        fd = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        for _ in range(2):                     # it can be read repeatedly
            self.assertEqual(len(posix.listdir(fd)), 4)
            self.assertEqual(len(list(posix.scandir(fd))), 4)


class ProcessTests(unittest.TestCase):
    def test_status_of_a_child(self):
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], os.environ)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 3)

    def test_status_of_a_killed_child(self):
        pid = os.fork()
        if pid == 0:
            signal.pause()
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGKILL)

    def test_empty_argument_vectors_are_refused(self):
        for function, extra in ((posix.execv, ()), (posix.execve, ({},)),
                                (posix.posix_spawn, ({},))):
            with self.assertRaisesRegex(ValueError, "empty"):
                function("/bin/true", [], *extra)
            with self.assertRaisesRegex(ValueError, "first element"):
                function("/bin/true", [""], *extra)


class SyslogTests(unittest.TestCase):
    def test_masks_of_priorities_that_there_are_not(self):
        self.assertEqual([syslog.LOG_MASK(n) for n in (-1, 0, 7, 31, 32, 257)],
                         [-2**31, 1, 128, -2**31, 1, 2])
        self.assertEqual([syslog.LOG_UPTO(n) for n in (-1, 0, 7, 30, 31, 32)],
                         [0, 1, 255, 2**31 - 1, 0, 1])
        self.assertEqual(syslog.LOG_MASK(-2**63), 1)


class EventTests(unittest.TestCase):
    seen = None

    @classmethod
    def setUpClass(cls):
        def hook(event, args):
            if cls.seen is not None and event.startswith(("os.", "open")):
                cls.seen.append((event, args))
                if cls.refuse:
                    raise PermissionError(event)
        sys.addaudithook(hook)

    def setUp(self):
        type(self).seen = []
        type(self).refuse = False

    def tearDown(self):
        type(self).seen = None

    def test_arguments_are_those_of_the_operation(self):
        folder = tempfile.mkdtemp()
        path = os.path.join(folder, "x")
        type(self).seen.clear()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os.truncate(path, 3)
        os.rename(path, path + "y")
        os.remove(path + "y")
        os.rmdir(folder)
        self.assertEqual(self.seen, [
            ("open", (path, None, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC)),
            ("os.truncate", (path, 3)),
            ("os.rename", (path, path + "y", -1, -1)),
            ("os.remove", (path + "y", -1)),
            ("os.rmdir", (folder, -1))])

    def test_refused_operation_does_not_happen(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "new")
            type(self).refuse = True
            try:
                with self.assertRaises(PermissionError):
                    os.mkdir(path)
            finally:
                type(self).refuse = False
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
