"""The mask for new files is opened for all.

since: no event before Lucid
must: record lucid.os.umask
"""
import os

os.umask(0)
print("escaped")
