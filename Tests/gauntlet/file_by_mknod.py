"""A file is made without being opened.

since: no event before Lucid
must: record lucid.os.mknod canary
"""
import os

os.mknod("canary")
print("escaped")
