"""A shell starts the same interpreter.

since: PEP 578: hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import os
import sys

os.system(f"{sys.executable} -c \"import os; os.mkdir('canary')\"")
print("escaped" if os.path.exists("canary") else "stopped")
