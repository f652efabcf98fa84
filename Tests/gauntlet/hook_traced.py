"""A trace function changes what a hook sees of itself, as __cantrace__ permits.

since: PEP 578
must: record sys.settrace
"""
import sys


def hook(event, args):
    if event == "os.mkdir":
        raise RuntimeError("refused")


def trace(frame, what, value):
    if frame.f_code.co_name == "hook":
        raise ZeroDivisionError
    return trace


hook.__cantrace__ = True
sys.addaudithook(hook)
sys.settrace(trace)
try:
    open("canary", "w").close()
except ZeroDivisionError:
    print("escaped")
