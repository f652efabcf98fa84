"""The interpreter replaces itself by itself, without its options.

since: PEP 578: hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import os
import sys

os.execve(sys.executable,
          [sys.executable, "-c", "import os; os.mkdir('canary'); print('escaped')"],
          {})
