"""The system-call proof for any program: trace_syscalls.py PYTHON ...

    trace_syscalls.py PYTHON -- ARGUMENT...       PYTHON -X audit=LOG ARGUMENT...
    trace_syscalls.py PYTHON --scripts FOLDER     each *.sh in FOLDER, with $PY
    trace_syscalls.py PYTHON --modules RUNNER NAME...
                                  PYTHON RUNNER NAME LOGFILE, for each NAME

Prints how often each system call was seen, and each that no event announced
(Tests/syscalls).  Ends with "N passed, M failed", counted in programs.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests"
                       / "syscalls"))

import match  # noqa: E402
import observe  # noqa: E402

SHOWN = 12               # holes of a program that are printed


def write_wrapper(folder, python):
    """A program that is the interpreter with its log in `folder`."""
    path = Path(folder, "python3")
    path.write_text(f'#!/bin/sh\nexec {python} -X audit={folder}/log "$@"\n')
    path.chmod(0o755)
    return str(path)


def programs(arguments):
    """Yield (name, function of the wrapper that gives a command)."""
    if arguments.scripts:
        for script in sorted(arguments.scripts.resolve().glob("*.sh")):
            if not arguments.names or script.stem in arguments.names:
                yield script.stem, lambda wrapper, s=script: ["bash", "-u", str(s)]
    elif arguments.modules:
        for name in arguments.names:
            yield name, lambda wrapper, n=name: [
                wrapper, str(arguments.modules.resolve()), n, "outcome"]
    else:
        yield " ".join(arguments.names), lambda wrapper: [
            wrapper, *arguments.names]


def observe_program(command_of, python, timeout, modules):
    """Answer (findings, number of records, runs of the interpreter without any),
    or the reason why there is nothing to tell."""
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory() as cwd:
        wrapper = write_wrapper(folder, python)
        Path(cwd, "outcome").touch()
        env = {"PATH": os.environ["PATH"], "HOME": cwd, "PY": wrapper,
               "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1",
               "LIB": "/usr/lib/python3.11", "TMPDIR": cwd}
        try:
            _, calls, records = observe.run_observed(
                command_of(wrapper), folder, cwd=cwd, env=env, timeout=timeout,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return f"no end within {timeout} s"
        if modules and "\nS " not in Path(cwd, "outcome").read_text():
            return "no test was run"
        return (match.find(calls, records, f"{folder}/log"), len(records),
                match.unobserved_runs(calls, records, python))


def report(name, findings, totals):
    """Print the holes of a program; answer whether there are none."""
    holes = collections.Counter()
    last = {}
    for finding in findings:
        totals[finding.call.name, finding.row is not None,
               finding.compared] += 1
        if finding.row is None:
            text = f"{finding.call.text[:160]}    [after {finding.after}]"
            holes[text] += 1
    for text, count in holes.most_common(SHOWN):
        print(f"    {count} x {text}")
    print(f"{name}: {len(findings)} system calls, {sum(holes.values())} without "
          "an event", flush=True)
    return not holes


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("python", type=os.path.realpath)
    parser.add_argument("--scripts", type=Path)
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_intermixed_args()
    passed = failed = 0
    totals = collections.Counter()
    for name, command_of in programs(arguments):
        seen = observe_program(command_of, arguments.python, arguments.timeout,
                               arguments.modules)
        if isinstance(seen, str):
            print(f"{name}: {seen}")
            failed += 1
            continue
        if report(name, seen[0], totals) and seen[1]:
            passed += 1
        else:
            failed += 1
        for call in seen[2]:
            print(f"    not observed: {call.text[:160]}")
    names = sorted({key[0] for key in totals})
    print(f"{'system call':20}{'announced':>11}{'of these not compared':>23}"
          f"{'without event':>15}")
    for name in names:
        print(f"{name:20}{totals[name, True, True] + totals[name, True, False]:11}"
              f"{totals[name, True, False]:23}{totals[name, False, True]:15}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
