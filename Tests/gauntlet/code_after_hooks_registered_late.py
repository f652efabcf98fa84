"""A finalizer registers another object where the interpreter has looked already.

since: PEP 578; Python hooks end before the interpreter does
must: record os.mkdir canary
may come to nothing
"""
import atexit
import codecs
import os


class Last:
    mkdir = staticmethod(os.mkdir)
    write = staticmethod(os.write)

    def __call__(self, *arguments):
        return None

    def __del__(self):
        self.mkdir("canary")
        self.write(1, b"escaped\n")


class First:
    Last = Last
    register = staticmethod(atexit.register)
    register_codec = staticmethod(codecs.register)

    def __call__(self, *arguments):
        return None

    def __del__(self):
        self.register(self.Last())
        self.register_codec(self.Last())


codecs.register(First())
