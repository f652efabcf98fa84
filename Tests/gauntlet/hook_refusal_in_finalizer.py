"""A refusal that a finalizer swallows still prevents the operation.

since: PEP 578
must: stop
"""
import os
import sys


def hook(event, args):
    if event == "os.mkdir":
        raise RuntimeError("refused")


class Finalized:
    def __del__(self):
        os.mkdir("canary")


sys.addaudithook(hook)
sys.unraisablehook = lambda unraisable: None
del [Finalized()][0]
print("escaped" if os.path.exists("canary") else "stopped")
