"""Programs/link_order.c, and what the order is for: the memory of a start-up.

Only the release build has an order; the others skip."""
import os
import statistics
import subprocess
import sys
import unittest
from pathlib import Path

from support import environment

BUILD = Path(os.environ.get("LUCID_BUILD") or os.path.dirname(sys.executable))
PROGRAM = BUILD / "Programs" / "link_order"
REFERENCE = "/usr/bin/python3.11"
# The peak of the new program alone: what wait4() tells includes its parent's.
SHOW_PEAK = "print(open('/proc/self/status').read())"


def peak_memory(program):
    """In kB, the median of some runs."""
    peaks = []
    for i in range(9):
        status = subprocess.run([program, "-c", SHOW_PEAK], text=True,
                                stdout=subprocess.PIPE, check=True,
                                env=environment()).stdout
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]))
    return statistics.median(peaks)


@unittest.skipUnless(PROGRAM.exists(), "only the release build")
class LinkOrderTests(unittest.TestCase):
    def trace(self, *arguments):
        run = subprocess.run([PROGRAM, *arguments], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if "Operation not permitted" in run.stderr:
            self.skipTest("the kernel does not let programs be traced")
        return run

    def test_names_what_was_called_and_nothing_else(self):
        # Called through a table: never inlined.
        called = self.trace(sys.executable, "-c", "pass").stdout.split()
        self.assertIn("main", called)
        self.assertIn("PyInit_posix", called)
        self.assertNotIn("PyInit_math", called)
        called = self.trace(sys.executable, "-c", "import math").stdout.split()
        self.assertIn("PyInit_math", called)

    def test_failing_program_gives_no_order(self):
        run = self.trace(sys.executable, "-c", "raise SystemExit(3)")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("failed", run.stderr)

    def test_file_that_cannot_be_run(self):
        run = self.trace("/dev/null")
        self.assertEqual((run.returncode, run.stdout), (1, ""))

    @unittest.skipUnless(os.path.exists(REFERENCE), "needs the reference")
    def test_peak_memory_is_at_most_the_reference_s(self):
        self.assertLessEqual(peak_memory(sys.executable),
                             peak_memory(REFERENCE))


if __name__ == "__main__":
    unittest.main()
