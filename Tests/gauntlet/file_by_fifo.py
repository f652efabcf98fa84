"""A named pipe is made to talk to another process.

since: no event before Lucid
must: record lucid.os.mkfifo canary
"""
import os

os.mkfifo("canary")
print("escaped")
