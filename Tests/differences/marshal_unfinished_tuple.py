"""A tuple in marshal data may be an item of a set within itself

Area: Pickle and marshal
Why: CPython computes its hash before it has all items.
Instead: Nothing to do.
"""
import marshal

value = marshal.loads(b"\xa9\2N<\1\0\0\0r\0\0\0\0")
print(value[0], value[1].pop() is value)

# Lucid prints:
#     None True
#
# CPython 3.11 crashes.
