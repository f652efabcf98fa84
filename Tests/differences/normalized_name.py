"""Names are of type str, whatever normalizes them

Area: Source code and syntax trees
Why: The methods of a subclass would run within the compiler.
Instead: Nothing to do.
"""
import sys
import types

class Name(str):
    def __hash__(self):
        raise ZeroDivisionError

sys.modules["unicodedata"] = types.SimpleNamespace(
    normalize=lambda form, text: Name(text))
try:
    exec("\xe9 = 'bound'; print(\xe9)")
except ZeroDivisionError:
    print("ZeroDivisionError")

# Lucid prints:
#     bound
#
# CPython 3.11 prints:
#     ZeroDivisionError
