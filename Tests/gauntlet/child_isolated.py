"""A child of the same interpreter starts isolated, with no environment.

since: PEP 578: hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import os
import subprocess
import sys

subprocess.run([sys.executable, "-I", "-S", "-c", "import os; os.mkdir('canary')"],
               env={})
print("escaped" if os.path.exists("canary") else "stopped")
