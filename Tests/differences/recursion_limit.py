"""Recursion through C ends before the stack does

Area: Recursion
Why: ``sys.setrecursionlimit`` cannot make the thread's stack larger.
Instead: Where deep recursion is wanted, ``threading.stack_size`` before a thread is
    started, or ``ulimit -s``.
"""
import sys

class Endless:
    def __repr__(self):
        return repr(self)

sys.setrecursionlimit(10 ** 9)
try:
    repr(Endless())
except RecursionError as error:
    print(str(error).rpartition(": ")[2])

# Lucid prints:
#     the C stack is used up
#
# CPython 3.11 crashes.
