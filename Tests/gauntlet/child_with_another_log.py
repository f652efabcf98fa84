"""A child is given an option of its own that names another log.

since: Lucid's own -X audit
must: record os.mkdir canary
refusal: no
"""
import os
import subprocess
import sys

subprocess.run([sys.executable, "-X", "audit=/dev/null", "-c",
                "import os; os.mkdir('canary')"])
print("escaped" if os.path.exists("canary") else "stopped")
