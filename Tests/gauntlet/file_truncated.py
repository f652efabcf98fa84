"""A file that is open is emptied through the file object.

since: no event before Lucid
must: record lucid.io.truncate
"""
import os

with open("canary", "wb") as file:
    file.write(b"data")
    file.flush()
    file.truncate(0)
    print("escaped" if os.fstat(file.fileno()).st_size == 0 else "stopped")
