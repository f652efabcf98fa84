"""A database library opens a file with the C library.

since: no event before Lucid
must: record lucid.* canary
"""
import os
import dbm.ndbm

dbm.ndbm.open("canary", "c").close()
print("escaped")
