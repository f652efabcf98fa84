"""Docstrings of C functions are Lucid's own

Area: Identity
Why: They are written anew.  Signatures are CPython's.
Instead: ``inspect.signature``.
"""
import inspect

print(len.__doc__.split()[0], inspect.signature(len))

# Lucid prints:
#     The (obj, /)
#
# CPython 3.11 prints:
#     Return (obj, /)
