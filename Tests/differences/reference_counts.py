"""None and its like have very large reference counts

Area: Built-in types
Why: What lives as long as the process needs no count.
Instead: Compare counts of objects that the program made.
"""
import sys

print(sys.getrefcount(None) > 1_000_000)

# Lucid prints:
#     True
#
# CPython 3.11 prints:
#     False
