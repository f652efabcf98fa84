"""The kernel copies a file, so that no read or write happens.

since: 3.3; no event before Lucid
must: record lucid.os.sendfile
"""
import os

with open("source", "wb") as file:
    file.write(b"data")
source, copy = os.open("source", os.O_RDONLY), os.open("copy", os.O_CREAT | os.O_RDWR)
os.sendfile(copy, source, 0, 4)
print("escaped" if os.stat("copy").st_size else "stopped")
