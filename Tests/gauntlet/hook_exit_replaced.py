"""A hook that ends the process by os._exit finds another function there.

since: CTF challenges since 3.8
must: record os.system echo
"""
import os
import sys


def hook(event, args):
    if event == "os.system":
        os._exit(1)


sys.addaudithook(hook)
os._exit = lambda status: None
os.system("echo ran >/dev/null")
print("escaped")
