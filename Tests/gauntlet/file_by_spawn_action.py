"""posix_spawn is told to open a file before it executes a harmless program.

since: 3.8; no event before Lucid
must: record lucid.os.posix_spawn.open canary
"""
import os

os.waitpid(os.posix_spawn("/bin/true", ["true"], {}, file_actions=[
    (os.POSIX_SPAWN_OPEN, 9, "canary", os.O_CREAT | os.O_WRONLY, 0o600)]), 0)
print("escaped" if os.path.exists("canary") else "stopped")
