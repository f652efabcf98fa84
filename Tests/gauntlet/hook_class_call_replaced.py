"""A hook that is an instance loses the __call__ of its class.

since: PEP 578
must: record os.mkdir canary
"""
import os
import sys


class Hook:
    def __call__(self, event, args):
        if event == "os.mkdir":
            raise RuntimeError("refused")


sys.addaudithook(Hook())
Hook.__call__ = lambda self, event, args: None
os.mkdir("canary")
print("escaped")
