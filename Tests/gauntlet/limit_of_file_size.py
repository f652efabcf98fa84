"""A limit of file sizes lets the log's writes fail.

since: PEP 578: a hook's log is a file like any other
must: record resource.setrlimit
"""
import os
import resource

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    os.mkdir("canary")
except RuntimeError:
    print("stopped")
else:
    print("escaped")
