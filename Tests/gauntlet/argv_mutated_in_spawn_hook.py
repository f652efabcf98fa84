"""The lists given to os.posix_spawn are changed by a hook, behind the event.

since: PEP 578
must: stop
"""
import os
import sys

argv, environment = ["/bin/sh", "-c", "echo stopped$X"], {"X": ""}


def hook(event, args):
    if event == "os.posix_spawn":
        argv[2] = "echo escaped"
        environment["X"] = "\nescaped"


sys.addaudithook(hook)
os.waitpid(os.posix_spawn("/bin/sh", argv, environment), 0)
