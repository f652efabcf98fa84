"""Code is left behind to run at the next fork.

since: 3.7; no event before Lucid
must: record lucid.os.register_at_fork
"""
import os

os.register_at_fork(after_in_parent=lambda: print("escaped"))
if os.fork() == 0:
    os._exit(0)
os.wait()
