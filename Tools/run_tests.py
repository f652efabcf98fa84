"""Run Tests/ under a build's python3: run_tests.py SOURCE BUILD.

Each Tests/test_*.py runs in a process of its own, so that a crash or a hang
costs that file alone; C programs of Tests/embed are compiled against the
public headers and the library, by $CC, which names the sanitizers too when the
build has them.  There LeakSanitizer looks at the end of each (Tools/leaks.supp).
Ends with "N passed, M failed".
"""
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

TIME_LIMIT = 300       # seconds a file
RUNNER = """
import sys, unittest
sys.path.insert(0, sys.argv[1])
suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[2])
result = unittest.TextTestRunner(verbosity=1).run(suite)
failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
print(f"\\n@@ {result.testsRun - failed} {failed}", flush=True)
"""


def environment(build):
    variables = {name: value for name, value in os.environ.items()
                 if not name.startswith("PYTHON")}
    variables["LUCID_BUILD"] = str(build)
    variables["LUCID_SOURCE"] = str(SOURCE)
    variables.setdefault("LANG", "C.UTF-8")
    variables.setdefault("LSAN_OPTIONS", "print_suppressions=0:suppressions="
                         f"{SOURCE}/Tools/leaks.supp")
    return variables


def run_python_file(path, python, build):
    """Answer (passed, failed) and print what failed."""
    try:
        result = subprocess.run(
            [python, "-c", RUNNER, str(path.parent), path.stem],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIME_LIMIT,
            env=environment(build), cwd=build)
        output = result.stdout.decode(errors="replace")
        status = f"ended with status {result.returncode}"
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace")
        status = f"did not end within {TIME_LIMIT} s"
    counts = re.search(r"^@@ (\d+) (\d+)$", output, re.M)
    if counts is None:
        print(output[-4000:])
        print(f"{path.name}: {status}")
        return 0, 1
    passed, failed = int(counts[1]), int(counts[2])
    if failed:
        print(output[-8000:])
    elif result.returncode:             # a crash, or a leak, at the very end
        print(output[-8000:])
        print(f"{path.name}: {status}")
        failed = 1
    return passed, failed


def run_c_file(path, build):
    program = Path(build, "Tests", "embed", path.stem)
    library = Path(build, "libpython3.11.so")
    if not library.exists():
        # With -lpython3.11 the linker would find the system's.
        print(f"{path.name}: {library} is missing: run make")
        return 0, 1
    program.parent.mkdir(parents=True, exist_ok=True)
    compiled = subprocess.run(
        [*shlex.split(os.environ.get("CC", "gcc")), "-Wall",
         "-o", str(program), str(path),
         f"-I{SOURCE}/Include", str(library), f"-Wl,-rpath,{build}"])
    if compiled.returncode:
        print(f"{path.name}: does not compile")
        return 0, 1
    try:
        result = subprocess.run([str(program)], timeout=3 * TIME_LIMIT,
                                env=environment(build),
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        print(f"{path.name}: did not end within {3 * TIME_LIMIT} s")
        return 0, 1
    if result.returncode:
        print(result.stdout.decode(errors="replace")[-4000:])
        print(f"{path.name}: ended with status {result.returncode}")
        return 0, 1
    return 1, 0


def main():
    build = Path(sys.argv[2]).resolve()
    python = build / "python3"
    total_passed = total_failed = 0
    files = sorted((SOURCE / "Tests").glob("test_*.py"))
    for path in files:
        start = time.monotonic()
        passed, failed = run_python_file(path, python, build)
        print(f"{path.name}: {passed} passed, {failed} failed "
              f"({time.monotonic() - start:.1f} s)", flush=True)
        total_passed += passed
        total_failed += failed
    for path in sorted((SOURCE / "Tests" / "embed").glob("*.c")):
        passed, failed = run_c_file(path, build)
        print(f"{path.name}: {passed} passed, {failed} failed", flush=True)
        total_passed += passed
        total_failed += failed
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


SOURCE = Path(sys.argv[1]).resolve()

if __name__ == "__main__":
    sys.exit(main())
