"""What is in gc.garbage and gc.callbacks is destroyed after the hooks.

since: PEP 578; Python hooks end before the interpreter does
must: record os.mkdir canary
may come to nothing
"""
import gc
import os


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        pass

    def __del__(self):
        self.mkdir(self.path)
        self.write(1, b"escaped\n")


gc.garbage.append(Last("canary"))
gc.callbacks.append(Last("canary_of_callbacks"))
