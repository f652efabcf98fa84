"""The environment of a new program is a mapping that answers as it likes.

since: PEP 578
must: record os.exec /bin/sh
"""
import os


class Environment(dict):
    def keys(self):
        return ["EFFECT"]

    def values(self):
        return ["escaped"]


os.execve("/bin/sh", ["/bin/sh", "-c", "echo $EFFECT"], Environment(EFFECT="harmless"))
