"""The list given to os.execv is changed by a hook, behind the event.

since: PEP 578
must: stop
"""
import os
import sys

argv = ["/bin/echo", "stopped"]


def hook(event, args):
    if event == "os.exec":
        argv[:] = ["/bin/echo", "escaped"]


sys.addaudithook(hook)
os.execv("/bin/echo", argv)
