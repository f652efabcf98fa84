"""A class with an mro method of its own has no version

Area: Built-in types
Why: Its attributes are looked up without the cache, since the method may answer
    anything at any time.
Instead: Nothing to do.
"""
class Meta(type):
    def mro(cls):
        return type.mro(cls)

class Class(metaclass=Meta):
    attribute = 1

Class.attribute
VALID_VERSION_TAG = 1 << 19
print(bool(Class.__flags__ & VALID_VERSION_TAG))

# Lucid prints:
#     False
#
# CPython 3.11 prints:
#     True
