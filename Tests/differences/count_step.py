"""The step of itertools.count may ask for the next number

Area: Library modules
Why: CPython frees the number twice.
Instead: Nothing to do.
"""
from itertools import count

class Number:
    depth = 0

    def __index__(self):
        return 0

    def __add__(self, other):
        Number.depth += 1
        if Number.depth < 3:
            next(counter)
        return Number()

counter = count(Number(), Number())
for _ in range(5):
    print(type(next(counter)).__name__)

# Lucid prints:
#     Number
#     Number
#     Number
#     Number
#     Number
#
# CPython 3.11 crashes.
