"""A finalizer that is no Python function is called after the hooks.

since: PEP 578; Python hooks end before the interpreter does
must: record os.system echo
may come to nothing
"""
import atexit
import codecs
import functools
import os


class Last:
    __del__ = functools.partial(os.system, "echo escaped")


class First:
    Last = Last
    register = staticmethod(atexit.register)

    def __call__(self, *arguments):
        return None

    def __del__(self):
        self.register(print, self.Last())


codecs.register(First())
