"""The environment makes a child import a module at its start.

since: 2.0; hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import os
import subprocess
import sys

with open("sitecustomize.py", "w") as file:
    file.write("import os; os.mkdir('canary')\n")
subprocess.run([sys.executable, "-c", "pass"], env={"PYTHONPATH": os.getcwd()})
print("escaped" if os.path.exists("canary") else "stopped")
