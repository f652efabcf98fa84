"""How long compile() of the whole installed library takes, beside a reference.

    python3.11 Tools/compile_speed.py build/release/python3 [REFERENCE] [-n ROUNDS]

Both interpreters run in turn, each time in a new process: it reads every
source below the library's folder as bytes, then compiles them all, and says
how long that took and how much memory was in use at most.  The last lines
give the medians and their ratios.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import time
import warnings


def sources(folder):
    """All (name, content) of Python sources below `folder`, in fixed order."""
    found = []
    for path, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                name = os.path.join(path, name)
                with open(name, "rb") as file:
                    found.append((name, file.read()))
    return found


def measure(folder):
    """Compiles everything once; prints the figures as JSON."""
    warnings.simplefilter("ignore")
    texts = sources(folder)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    compiled = 0
    for name, text in texts:
        try:
            compile(text, name, "exec", dont_inherit=True)
            compiled += 1
        except (SyntaxError, ValueError):
            pass
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"files": compiled, "seconds": seconds,
                      "cpu": after.ru_utime + after.ru_stime
                      - before.ru_utime - before.ru_stime,
                      "peak": after.ru_maxrss,
                      "growth": after.ru_maxrss - before.ru_maxrss}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject")
    parser.add_argument("reference", nargs="?", default="/usr/bin/python3.11")
    parser.add_argument("-n", "--rounds", type=int, default=5)
    parser.add_argument("--folder",
                        default=sysconfig.get_path("stdlib"))
    options = parser.parse_args()
    results = {options.subject: [], options.reference: []}
    for _ in range(options.rounds):
        for program, figures in results.items():
            output = subprocess.run(
                [program, "-I", __file__, "--measure", options.folder],
                check=True, stdout=subprocess.PIPE).stdout
            figures.append(json.loads(output))
    medians = []
    for program, figures in results.items():
        median = {key: statistics.median(f[key] for f in figures)
                  for key in figures[0]}
        medians.append(median)
        print(f"{program}: {median['files']:.0f} files, "
              f"{median['seconds']:.3f} s, {median['cpu']:.3f} s CPU, "
              f"peak {median['peak'] / 1024:.1f} MiB "
              f"(+{median['growth'] / 1024:.1f} MiB)")
    for key in ("seconds", "cpu", "peak", "growth"):
        print(f"{key}: {medians[0][key] / medians[1][key]:.3f} "
              "of the reference's")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        main()
