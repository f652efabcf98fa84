"""The file system copies a file, so that no read or write happens.

since: 3.8; no event before Lucid
must: record lucid.os.copy_file_range
"""
import os

with open("source", "wb") as file:
    file.write(b"data")
source, copy = os.open("source", os.O_RDONLY), os.open("copy", os.O_CREAT | os.O_RDWR)
os.copy_file_range(source, copy, 4)
print("escaped" if os.stat("copy").st_size else "stopped")
