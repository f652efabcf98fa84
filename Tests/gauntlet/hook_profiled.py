"""A profile function raises inside a hook, so that the hook does not finish.

since: PEP 578
must: stop
"""
import os
import sys


def hook(event, args):
    if event == "os.mkdir":
        raise RuntimeError("refused")


def profile(frame, what, value):
    if what == "call" and frame.f_code.co_name == "hook":
        raise ZeroDivisionError


sys.addaudithook(hook)
sys.setprofile(profile)
try:
    os.mkdir("canary")
except (RuntimeError, ZeroDivisionError):
    pass
sys.setprofile(None)
print("escaped" if os.path.exists("canary") else "stopped")
