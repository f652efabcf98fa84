"""A program is put into an anonymous file and executed from there.

since: 3.8; no event before Lucid
must: record lucid.os.memfd_create
"""
import os

fd = os.memfd_create("harmless", 0)
with open("/bin/echo", "rb") as source:
    os.write(fd, source.read())
os.execv(f"/proc/self/fd/{fd}", ["echo", "escaped"])
