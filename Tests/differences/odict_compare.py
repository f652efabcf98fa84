"""An OrderedDict may be changed by the comparison of its keys

Area: Library modules
Why: CPython goes on with entries that are gone.
Instead: Nothing to do.
"""
from collections import OrderedDict

class Key:
    def __hash__(self):
        return 0

    def __eq__(self, other):
        ordered.clear()
        return False

ordered = OrderedDict({Key(): 1})
try:
    ordered.pop(Key())
except KeyError:
    print("KeyError", len(ordered))

# Lucid prints:
#     KeyError 0
#
# CPython 3.11 crashes.
