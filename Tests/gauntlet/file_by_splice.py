"""A pipe carries a file into another, so that no read or write happens.

since: 3.10; no event before Lucid
must: record lucid.os.splice
"""
import os

with open("source", "wb") as file:
    file.write(b"data")
source, copy = os.open("source", os.O_RDONLY), os.open("copy", os.O_CREAT | os.O_RDWR)
reader, writer = os.pipe()
os.splice(source, writer, 4)
os.splice(reader, copy, 4)
print("escaped" if os.stat("copy").st_size else "stopped")
