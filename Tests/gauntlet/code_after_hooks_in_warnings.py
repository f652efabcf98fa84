"""What is in the registry of warnings is destroyed after the hooks.

since: PEP 578; Python hooks end before the interpreter does
must: record os.mkdir canary
may come to nothing
"""
import os
import warnings


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __del__(self):
        self.mkdir("canary")
        self.write(1, b"escaped\n")


warnings.onceregistry["last"] = Last()
