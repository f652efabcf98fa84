"""A child of the same interpreter is made by posix_spawn, with no environment.

since: PEP 578: hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import os
import sys

os.waitpid(os.posix_spawn(sys.executable, [
    sys.executable, "-E", "-c", "import os; os.mkdir('canary')"], {}), 0)
print("escaped" if os.path.exists("canary") else "stopped")
