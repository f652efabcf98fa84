"""Looks for leaks: runs test modules again and again, and counts what stays.

    python3 Tools/leak_check.py [--runs N] [--warm-up N] MODULE ...
    python3 Tools/leak_check.py --modules-file FILE

Each module of the standard library's tests (test_list, ...) runs in a process of
its own, under the interpreter that runs this program.  After each run the caches
that the library keeps are emptied, garbage is collected, and memory blocks,
objects known to the collector, and descriptors are counted.  A module leaks if
one of the counts grows in every run after those for warming up.  The exit status
is the number of modules that leak or fail to run.
"""
import argparse
import array
import gc
import importlib
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest


class Quiet(unittest.TestResult):
    """Keeps no tests and no tracebacks: they would be taken for leaks."""

    failed = 0

    def addError(self, test, err):
        self.failed += 1

    addFailure = addError

    def addSkip(self, test, reason):
        pass

    def addExpectedFailure(self, test, err):
        pass

    def addSubTest(self, test, subtest, err):
        self.failed += err is not None

    def _setupStdout(self):
        pass

    _restoreStdout = _mirrorOutput = _setupStdout


def saved_state():
    """What tests add to on purpose; the library's own runner restores it."""
    import collections.abc
    import copyreg
    import warnings
    import zipimport
    from inspect import isabstract

    classes = {}
    for name in collections.abc.__all__:
        base = getattr(collections.abc, name)
        if isabstract(base):
            for cls in base.__subclasses__() + [base]:
                classes[cls] = importlib.import_module("_abc")._get_dump(cls)[0]
    return (warnings.filters[:], copyreg.dispatch_table.copy(),
            sys.path_importer_cache.copy(),
            zipimport._zip_directory_cache.copy(), classes)


def count():
    for _ in range(3):
        gc.collect()
    return (sys.getallocatedblocks(), len(gc.get_objects()),
            len(os.listdir("/proc/self/fd")))


def run_once(module):
    """Runs all tests of a module; answers how many failed."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = Quiet()
    suite.run(result)
    return result.failed


def measure(name, warm_up, runs):
    """The growth in each run after those for warming up, as rows of counts."""
    from test.libregrtest.refleak import dash_R_cleanup, warm_caches

    # Tests that go by the runner's settings, in a directory of their own.
    from test import support
    support.use_resources = []
    module = importlib.import_module(f"test.{name}")
    warm_caches()
    state = saved_state()
    # An array: what is noted must not count.
    noted = array.array("q", bytes(8 * 3 * (warm_up + runs + 1)))
    for i in range(0, len(noted), 3):
        if i > 0:
            failed = run_once(module)
        dash_R_cleanup(*state)
        noted[i], noted[i + 1], noted[i + 2] = count()
    rows = [noted[i:i + 3] for i in range(0, len(noted), 3)]
    growth = [tuple(after - before for before, after in zip(*pair))
              for pair in zip(rows, rows[1:])]
    return failed, growth[warm_up:]


def work(name, warm_up, runs):
    """Of the process for one module: prints failures and rows of counts."""
    output, errors = sys.stdout, sys.stderr
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.stdout = sys.stderr = io.StringIO()
        try:
            failed, rows = measure(name, warm_up, runs)
        finally:
            sys.stdout, sys.stderr = output, errors
            os.chdir("/")
    print("counts", failed, *[",".join(map(str, row)) for row in rows])


def check(name, warm_up, runs, timeout):
    """Runs the process for a module; answers a verdict and the details."""
    command = [sys.executable, os.path.abspath(__file__), "--worker", name,
               "--warm-up", str(warm_up), "--runs", str(runs)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=timeout,
                              errors="backslashreplace")
    except subprocess.TimeoutExpired:
        return "timeout", ""
    line = (done.stdout.splitlines() or [""])[-1].split()
    if not line or line[0] != "counts":
        return "error", (done.stderr.splitlines() or [""])[-1]
    rows = [tuple(map(int, row.split(","))) for row in line[2:]]
    growing = [what for what, deltas in zip(("blocks", "objects", "files"),
                                            zip(*rows))
               if min(deltas) > 0]
    detail = " ".join(line[2:]) + (f" ({line[1]} tests failed)"
                                   if line[1] != "0" else "")
    return "LEAK of " + ", ".join(growing) if growing else "ok", detail


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--modules-file", metavar="FILE")
    parser.add_argument("--warm-up", type=int, default=3, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--timeout", type=int, default=600, metavar="S")
    parser.add_argument("--worker", metavar="MODULE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.worker, options.warm_up, options.runs)
    modules = list(options.modules)
    if options.modules_file:
        with open(options.modules_file, encoding="utf-8") as file:
            modules += file.read().split()
    bad = 0
    for name in modules:
        start = time.monotonic()
        verdict, detail = check(name, options.warm_up, options.runs,
                                options.timeout)
        bad += verdict != "ok"
        print(f"{name}: {verdict} [{detail}] "
              f"({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{len(modules) - bad} clean, {bad} not")
    return bad


if __name__ == "__main__":
    sys.exit(main())
