"""At the limit of recursion a hook cannot run; the operation must not either.

since: PEP 578
must: stop
"""
import os
import sys

asked = []


def hook(event, args):
    if event == "os.mkdir":
        asked.append(args)


def sink(depth):
    try:
        os.mkdir(f"canary{depth}")
        made.append(depth)
    except RecursionError:
        pass
    try:
        sink(depth + 1)
    except RecursionError:
        pass


made = []
sys.addaudithook(hook)
sys.setrecursionlimit(120)
sink(0)
sys.setrecursionlimit(1000)
print("stopped" if len(asked) >= len(made) > 0 else "escaped")
