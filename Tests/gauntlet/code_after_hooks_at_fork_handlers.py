"""A fork handler is destroyed after the hooks, and runs code then.

since: PEP 578; Python hooks end before the interpreter does
must: record os.mkdir canary
may come to nothing
"""
import os


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __call__(self):
        return None

    def __del__(self):
        self.mkdir("canary")
        self.write(1, b"escaped\n")


os.register_at_fork(before=Last())
