"""The environment of a child names another log than its maker's.

since: Lucid's own sessions
must: record os.mkdir canary
refusal: no
"""
import os
import subprocess
import sys

subprocess.run([sys.executable, "-c", "import os; os.mkdir('canary')"],
               env={"LUCID_AUDIT_SESSION": "0123456789abcdef:/dev/null"})
print("escaped" if os.path.exists("canary") else "stopped")
