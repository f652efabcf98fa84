"""The context of the main thread is destroyed after the hooks, and runs code.

since: PEP 578; Python hooks end before the interpreter does
must: record os.mkdir canary
may come to nothing
"""
import contextvars
import os


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __del__(self):
        self.mkdir("canary")
        self.write(1, b"escaped\n")


contextvars.ContextVar("last").set(Last())
