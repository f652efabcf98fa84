"""A process is started by the system's posix_spawn.

since: 3.8
must: record os.posix_spawn /bin/touch
"""
import os

os.waitpid(os.posix_spawn("/bin/touch", ["touch", "canary"], {}), 0)
print("escaped" if os.path.exists("canary") else "stopped")
