"""A child on a terminal of its own executes a program.

since: PEP 578
must: record os.forkpty
"""
import os

pid, fd = os.forkpty()
if pid == 0:
    os.execv("/bin/touch", ["touch", "canary"])
os.waitpid(pid, 0)
print("escaped" if os.path.exists("canary") else "stopped")
