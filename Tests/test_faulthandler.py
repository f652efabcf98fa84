"""faulthandler beyond what the library's tests look at."""
import unittest

from support import run_python


class FileArgumentTests(unittest.TestCase):
    def test_file_that_replaces_stderr_lives_until_it_was_used(self):
        # fileno() and flush() used to run with a borrowed sys.stderr.
        for call in ("enable()", "dump_traceback()", "register(10)",
                     "dump_traceback_later(900)"):
            with self.subTest(call=call):
                result = run_python("-c", f"""
import faulthandler, os, sys
class File:
    def __init__(self):
        self.fd = os.dup(2)
    def fileno(self):
        sys.stderr = None
        return self.fd
    def flush(self):
        self.flushed = True
sys.stderr = File()
faulthandler.{call}
faulthandler.cancel_dump_traceback_later()
print("done")
""")
                self.assertEqual(result.stdout, "done\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
