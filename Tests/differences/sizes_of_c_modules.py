"""sys.getsizeof gives the sizes of Lucid's own structures

Area: Built-in types
Why: Objects of C modules have other fields and grow in other steps.  Those of the
    built-in types have CPython's sizes.
Instead: Ask for sizes to compare them, within one runtime.
"""
import io
import pickle
import sys

print(sys.getsizeof(pickle.Pickler(io.BytesIO())) > 4096)

# Lucid prints:
#     False
#
# CPython 3.11 prints:
#     True
