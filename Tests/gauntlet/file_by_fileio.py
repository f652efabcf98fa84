"""A file is opened by the class below io.open.

since: PEP 578
must: record open canary
"""
import _io

_io.FileIO("canary", "w").close()
print("escaped")
