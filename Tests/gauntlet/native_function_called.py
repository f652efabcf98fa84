"""A system call is made through the C library, past everything.

since: 2.5
must: record ctypes.dlsym mkdir
"""
import ctypes
import os

ctypes.CDLL(None).mkdir(b"canary", 0o700)
print("escaped" if os.path.exists("canary") else "stopped")
