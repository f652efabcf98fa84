"""A forked child does what the parent would be caught at.

since: PEP 578
must: record os.mkdir canary
"""
import os

if os.fork() == 0:
    os.mkdir("canary")
    os._exit(0)
os.wait()
print("escaped" if os.path.exists("canary") else "stopped")
