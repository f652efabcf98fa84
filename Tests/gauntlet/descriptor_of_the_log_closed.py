"""All descriptors are closed, and other files put in their place.

since: PEP 578: a hook's log is a descriptor like any other
must: record os.mkdir canary
"""
import os

os.closerange(3, 4096)
null = os.open(os.devnull, os.O_RDWR)
for fd in range(880, 1000):
    os.dup2(null, fd)
os.mkdir("canary")
print("escaped")
