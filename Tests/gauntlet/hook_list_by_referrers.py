"""The list of Python hooks is looked for among what refers to a hook.

since: CTF challenges since 3.8
must: stop
"""
import gc
import sys


def hook(event, args):
    heard.append(event)


heard = []
sys.addaudithook(hook)
for thing in gc.get_referrers(hook):
    if type(thing) is list:
        thing.clear()
heard.clear()
open("canary", "w").close()
print("stopped" if "open" in heard else "escaped")
