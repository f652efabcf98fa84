"""The list of Python hooks is looked for among the collector's objects.

since: CTF challenges since 3.8
must: stop
"""
import gc
import sys


def hook(event, args):
    heard.append(event)


heard = []
sys.addaudithook(hook)
for thing in gc.get_objects():
    if type(thing) is list and len(thing) == 1 and thing[0] is hook:
        thing.clear()
heard.clear()
open("canary", "w").close()
print("stopped" if "open" in heard else "escaped")
