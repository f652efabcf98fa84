"""The exception that a hook raises is rebound in builtins to a silent one.

A Python hook looks names up when it runs; it is left with raising nothing that
is an exception, which is an error itself.

since: CTF challenges since 3.8
must: stop
"""
import builtins
import sys


def hook(event, args):
    if event == "open" and "canary" in str(args[0]):
        raise RuntimeError("refused")


sys.addaudithook(hook)
builtins.RuntimeError = lambda text: None
try:
    open("canary", "w").close()
except TypeError:
    print("stopped")
else:
    print("escaped")
