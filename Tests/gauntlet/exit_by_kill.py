"""A process kills itself, so that nothing more of it runs.

since: PEP 578
must: record os.kill
"""
import os
import signal

pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGKILL)
    os._exit(1)
_, status = os.waitpid(pid, 0)
print("escaped" if os.WIFSIGNALED(status) else "stopped")
