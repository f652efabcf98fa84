"""An event has so many arguments that its record cannot hold them.

What does not fit is cut, and the record stays one that can be read.

since: bounded records
must: record os.mkdir canary
"""
import os
import sys

sys.audit("overflow", [["\1" * 4000] * 64] * 64, *[{1: "\1" * 4000}] * 64)
os.mkdir("canary")
print("escaped")
