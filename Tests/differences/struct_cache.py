"""The cache of struct may be emptied while a format is stored in it

Area: Library modules
Why: CPython goes on with entries that are gone.
Instead: Nothing to do.
"""
import struct

class Format(str):
    def __hash__(self):
        struct._clearcache()
        return str.__hash__(self)

    def __eq__(self, other):
        struct._clearcache()
        return str.__eq__(self, other)

for count in range(150):
    struct.calcsize(f"{count}b")
    assert struct.calcsize(Format(f"{count}b")) == count
print("end")

# Lucid prints:
#     end
#
# CPython 3.11 crashes.
