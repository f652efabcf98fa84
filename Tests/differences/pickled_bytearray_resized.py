"""A bytearray cannot be resized while it is pickled

Area: Pickle and marshal
Why: The file's ``write`` has its memory.
Instead: Change it after pickling.
"""
import io
import pickle

class File(io.BytesIO):
    def write(self, data):
        array.clear()
        return super().write(data)

array = bytearray(100_000)
try:
    pickle.dump(array, File(), 5)
    print("cleared")
except BufferError as error:
    print(error)

# Lucid prints:
#     Existing exports of data: object cannot be re-sized
#
# CPython 3.11 prints:
#     cleared
