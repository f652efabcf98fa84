"""Shared memory is a file that other processes see.

since: 3.8; no event before Lucid
must: record lucid.* canary
"""
import _posixshmem
import os

os.close(_posixshmem.shm_open("/gauntlet-canary", os.O_RDWR | os.O_CREAT, 0o600))
print("escaped")
_posixshmem.shm_unlink("/gauntlet-canary")
