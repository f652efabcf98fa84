"""A hook that is not callable makes every later operation fail.

since: PEP 578
must: stop
"""
import os
import sys

try:
    sys.addaudithook(None)
except TypeError:
    pass
try:
    os.mkdir("canary")
except TypeError:
    print("escaped")
else:
    print("stopped")
