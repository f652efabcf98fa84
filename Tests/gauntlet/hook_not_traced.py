"""A trace function looks into a hook that does not ask for it.

since: PEP 578
must: stop
"""
import sys

seen = []


def hook(event, args):
    local_secret = event
    return local_secret and None


def trace(frame, what, value):
    seen.append(frame.f_code.co_name)
    return trace


sys.addaudithook(hook)
sys.settrace(trace)
open("canary", "w").close()
sys.settrace(None)
print("escaped" if "hook" in seen else "stopped")
