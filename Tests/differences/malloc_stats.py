"""The report of sys._debugmallocstats has another form

Area: Identity
Why: The allocator is another one.
Instead: ``tracemalloc``.
"""
import subprocess
import sys

report = subprocess.run(
    [sys.executable, "-I", "-c", "import sys; sys._debugmallocstats()"],
    text=True, capture_output=True).stderr
print(*report.splitlines()[2].split()[2:4])

# Lucid prints:
#     open pools
#
# CPython 3.11 prints:
#     num pools
