"""An Unpickler at work cannot be started or initialized again

Area: Pickle and marshal
Why: It has one stack and one place in its data.
Instead: Make another ``Unpickler``.
"""
import io
import pickle

class Nested(pickle.Unpickler):
    def persistent_load(self, pid):
        try:
            self.load()
        except RuntimeError as error:
            print(error)
        return pid

try:
    print(Nested(io.BytesIO(b"(Pone\nPtwo\nl.")).load())
except pickle.UnpicklingError as error:
    print("UnpicklingError:", error)

# Lucid prints:
#     Nested object is in use
#     Nested object is in use
#     ['one', 'two']
#
# CPython 3.11 prints:
#     UnpicklingError: could not find MARK
