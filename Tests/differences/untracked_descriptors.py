"""The collector does not track the methods of built-in types

Area: Built-in types
Why: They live as long as the process and can be part of no garbage.
Instead: Nothing to do.
"""
import gc

print(gc.is_tracked(str.join))

# Lucid prints:
#     False
#
# CPython 3.11 prints:
#     True
