"""A path is a bytearray that a later hook changes after the event.

since: PEP 578
must: record os.mkdir canary
"""
import os
import sys
import warnings

warnings.simplefilter("ignore")
path = bytearray(b"canary")


def hook(event, args):
    if event == "os.mkdir":
        path[:] = b"hidden"


sys.addaudithook(hook)
try:
    os.mkdir(path)
except TypeError:
    pass
print("escaped" if os.path.exists("hidden") or os.path.exists("canary")
      else "stopped")
