"""A shell clears what a child would inherit; its command line tells.

since: Lucid's own sessions
must: record os.system env -i
"""
import os
import sys

os.system(f"env -i {sys.executable} -c \"import os; os.mkdir('canary')\"")
print("escaped" if os.path.exists("canary") else "stopped")
