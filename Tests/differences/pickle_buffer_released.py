"""A PickleBuffer that its callback releases is not pickled

Area: Pickle and marshal
Why: CPython writes whatever is in the memory that was released.
Instead: Release buffers after pickling.
"""
import pickle

def callback(buffer):
    buffer.release()
    return True

buffer = pickle.PickleBuffer(bytearray(b"x" * 100))
try:
    print(type(pickle.dumps(buffer, 5, buffer_callback=callback)).__name__)
except ValueError as error:
    print(error)

# Lucid prints:
#     operation forbidden on released PickleBuffer object
#
# CPython 3.11 prints:
#     bytes
