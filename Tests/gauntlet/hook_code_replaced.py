"""The code of a hook is exchanged for code that does nothing.

since: CTF challenges since 3.8
must: record object.__setattr__ __code__
"""
import sys

heard = []


def hook(event, args):
    heard.append(event)


sys.addaudithook(hook)
hook.__code__ = (lambda event, args: None).__code__
heard.clear()
open("canary", "w").close()
print("stopped" if "open" in heard else "escaped")
