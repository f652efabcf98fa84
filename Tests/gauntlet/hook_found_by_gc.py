"""A hook that nobody names any more is found by the collector and disarmed.

since: CTF challenges since 3.8
must: record gc.get_objects
"""
import gc
import sys
import types

heard = []


def install():
    def secret_hook(event, args):
        heard.append(event)
    sys.addaudithook(secret_hook)


install()
for thing in gc.get_objects():
    if type(thing) is types.FunctionType and thing.__name__ == "secret_hook":
        thing.__code__ = (lambda event, args: None).__code__
heard.clear()
open("canary", "w").close()
print("stopped" if "open" in heard else "escaped")
