"""Iterators of iterators of iterators are an exception, however deep

Area: Recursion
Why: They call each other in C, where CPython does not count.
Instead: A loop over the iterators.
"""
from itertools import chain

deep = iter([1])
for _ in range(300_000):
    deep = chain(deep)
try:
    next(deep)
except RecursionError as error:
    print(error)

# Lucid prints:
#     maximum recursion depth exceeded: the C stack is used up
#
# CPython 3.11 crashes.
