"""The collector does not know the functions of audit hooks

Area: Auditing
Why: Who finds a hook's function or its cells through ``gc.get_objects()`` can change
    what it does.
Instead: Keep a reference to the hook where it is wanted.
"""
import gc
import sys

def make_hook():
    def hook(event, args):
        pass
    return hook

sys.addaudithook(make_hook())
print(any(getattr(found, "__name__", "") == "hook" for found in gc.get_objects()))

# Lucid prints:
#     False
#
# CPython 3.11 prints:
#     True
