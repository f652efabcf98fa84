"""A signal's handler raises while a hook runs; the operation must not follow.

since: PEP 578
must: stop
"""
import os
import signal
import sys


class Interruption(Exception):
    pass


def handler(number, frame):
    raise Interruption


def hook(event, args):
    if event == "os.mkdir":
        signal.raise_signal(signal.SIGUSR1)
        for _ in range(10000):
            pass
        raise RuntimeError("refused")


signal.signal(signal.SIGUSR1, handler)
sys.addaudithook(hook)
try:
    os.mkdir("canary")
except (Interruption, RuntimeError):
    pass
print("escaped" if os.path.exists("canary") else "stopped")
