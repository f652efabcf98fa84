"""A hook keeps its policy in a default argument, which is exchanged.

since: PEP 578
must: record object.__setattr__ __defaults__
"""
import sys


def hook(event, args, forbidden=("open",)):
    if event in forbidden:
        raise RuntimeError("refused")


sys.addaudithook(hook)
hook.__defaults__ = ((),)
open("canary", "w").close()
print("escaped")
