"""A process is started below subprocess, by the C function.

since: documented nowhere, known since 3.2; no event before Lucid
must: record lucid._posixsubprocess.fork_exec
"""
import _posixsubprocess
import os

pid = _posixsubprocess.fork_exec(
    [b"touch", b"canary"], [b"/bin/touch"], True, (), None, None, -1, -1, -1,
    -1, -1, -1, *os.pipe(), True, False, 0, None, None, None, -1, None, False)
os.waitpid(pid, 0)
print("escaped" if os.path.exists("canary") else "stopped")
