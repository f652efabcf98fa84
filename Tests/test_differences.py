"""Deliberate differences: each program of Tests/differences prints what it says
that it prints, and Doc/differences.rst is made from them."""
import importlib.util
import resource
import sys
import unittest
from pathlib import Path

from support import IS_LUCID, run_python

SOURCE = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location(
    "differences", SOURCE / "Tools" / "differences.py")
tool = sys.modules["differences"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
DIFFERENCES = tool.read_all(SOURCE)


def setUpModule():
    # Crashes of the reference are to leave no files.
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, limit[1]))
    unittest.addModuleCleanup(resource.setrlimit, resource.RLIMIT_CORE, limit)


class ProgramTests(unittest.TestCase):
    """One test a program, added below."""
    maxDiff = None

    def check(self, difference):
        path = SOURCE / "Tests" / "differences" / f"{difference.name}.py"
        if not IS_LUCID and difference.ending in ("hangs.", "may crash."):
            self.skipTest(f"{tool.REFERENCE} {difference.ending}")
        result = run_python("-I", path)
        if not IS_LUCID and difference.ending == "crashes.":
            self.assertLess(result.returncode, 0, result.stdout)
            return
        expected = difference.lucid if IS_LUCID else difference.reference
        self.assertEqual((result.stdout, result.stderr, result.returncode),
                         (expected, "", 0))


def add_test(difference):
    def test(self):
        self.check(difference)
    setattr(ProgramTests, f"test_{difference.name}", test)


for each in DIFFERENCES:
    add_test(each)


class FormTests(unittest.TestCase):
    def test_outputs_differ(self):
        for difference in DIFFERENCES:
            with self.subTest(difference.name):
                self.assertNotEqual(difference.lucid, difference.reference)

    def test_page_is_the_one_of_the_programs(self):
        page = SOURCE / "Doc" / "differences.rst"
        self.assertEqual(page.read_text(encoding="ascii"), tool.page(SOURCE),
                         "run Tools/differences.py")


if __name__ == "__main__":
    unittest.main()
