"""An object in a module is destroyed while modules are torn down.

since: PEP 578
must: record os.mkdir canary
"""
import os


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __del__(self):
        self.mkdir("canary")
        self.write(1, b"escaped\n")


last = Last()
