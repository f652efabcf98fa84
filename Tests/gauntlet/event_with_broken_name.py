"""Names of events that are empty, huge, cut by NUL, or no Unicode at all.

since: PEP 578
must: record os.mkdir canary
"""
import os
import sys

for name in "", "x" * 1000000, "a\0b", "\ud800", "\1" * 70000:
    try:
        sys.audit(name, 1)
    except (UnicodeError, ValueError):
        pass
os.mkdir("canary")
print("escaped")
