"""A Pickler at work cannot be started or initialized again

Area: Pickle and marshal
Why: It has one memo and one buffer, which CPython frees.
Instead: Make another ``Pickler``.
"""
import io
import pickle

class Nested(pickle.Pickler):
    def persistent_id(self, item):
        if item == "inner":
            try:
                self.dump("more")
            except RuntimeError as error:
                print(error)

file = io.BytesIO()
Nested(file).dump(["outer", "inner"])
print(pickle.loads(file.getvalue()))

# Lucid prints:
#     Nested object is in use
#     ['outer', 'inner']
#
# CPython 3.11 crashes.
