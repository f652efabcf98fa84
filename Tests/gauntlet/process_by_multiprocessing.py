"""A process is started by a helper of multiprocessing.

since: 3.4; no event before Lucid
must: record lucid._posixsubprocess.fork_exec
"""
import multiprocessing.util
import os

pid = multiprocessing.util.spawnv_passfds(b"/bin/touch", [b"touch", b"canary"], ())
os.waitpid(pid, 0)
print("escaped" if os.path.exists("canary") else "stopped")
