"""Compare a build with the reference by the oracles, against floors.

    oracles.py ORACLES BUILD

Each oracle ends with "N passed, M failed"; it counts as passed here if N is at
least the floor, the figure that was reached before.
"""
import re
import subprocess
import sys
import time
from pathlib import Path

REFERENCE = "/usr/bin/python3.11"
SOURCE = Path(__file__).resolve().parent.parent
# (program, of the oracles or of this tree; arguments; floor; seconds it may take)
CHECKS = [
    ("abi/layout.py", ["{source}/Include"], 1289, 120),
    ("abi/prototypes.py", ["{source}/Include"], 4509, 120),
    ("abi/symbols_check.py", ["{build}/libpython3.11.so.1.0"], 1282, 60),
    ("programs/programs.py", ["--subject", "{build}/python3"], 37, 300),
    ("audit/audit_oracle.py", ["--subject", "{build}/python3"], 153, 300),
    ("frontend/frontend_diff.py", ["--subject", "{build}/python3"], 10040, 400),
    ("testsuite/conformance.py", ["--subject", "{build}/python3", "--quick"],
     15355, 1200),
    # No system call without its event.
    ("Tools/trace_syscalls.py",
     ["{build}/python3", "--scripts", "{oracles}/programs/cases"], 37, 300),
    ("Tools/trace_syscalls.py",
     ["{build}/python3", "--modules", "{oracles}/testsuite/testrun.py",
      "test.test_os", "test.test_posix", "test.test_subprocess",
      "test.test_tempfile"], 4, 600),
]


def run(oracles, build, name, arguments, floor, limit):
    program = (SOURCE if name.startswith("Tools/") else oracles) / name
    command = [REFERENCE, str(program)]
    command += [a.format(source=SOURCE, build=build, oracles=oracles)
                for a in arguments]
    start = time.monotonic()
    try:
        output = subprocess.run(command, capture_output=True, text=True,
                                timeout=limit, stdin=subprocess.DEVNULL).stdout
    except subprocess.TimeoutExpired:
        print(f"{name}: did not end within {limit} s")
        return False
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    if not counts:
        print(output[-2000:])
        print(f"{name}: no result")
        return False
    passed, failed = map(int, counts[-1])
    good = passed >= floor
    print(f"{name}: {passed} of {passed + failed}, floor {floor} "
          f"({time.monotonic() - start:.0f} s){'' if good else ': TOO FEW'}",
          flush=True)
    if not good:
        print(output[-4000:])
    return good


def can_trace():
    """Whether this machine lets strace observe a program."""
    try:
        return subprocess.run(["strace", "-f", "--seccomp-bpf", "-o",
                               "/dev/null", "true"],
                              stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def main():
    oracles, build = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    checks = CHECKS
    if not can_trace():
        print("strace cannot trace here: system calls are not checked")
        checks = [check for check in CHECKS if check[0] != "Tools/trace_syscalls.py"]
    results = [run(oracles, build, *check) for check in checks]
    print(f"{sum(results)} passed, {results.count(False)} failed")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
