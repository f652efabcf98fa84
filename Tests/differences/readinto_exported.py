"""Memory that readinto was lent and still exports is an error

Area: Streams
Why: It would be used after it was freed.  It is kept for as long as it is exported.
Instead: Release the export before ``readinto`` returns.
"""
import io
import marshal
import pickle

class File(io.BytesIO):
    def readinto(self, buffer):
        self.kept = memoryview(pickle.PickleBuffer(buffer))
        return super().readinto(buffer)

try:
    print(marshal.load(File(marshal.dumps(5))))
except BufferError as error:
    print(error)

# Lucid prints:
#     the buffer is still exported after the call that it was lent to
#
# CPython 3.11 prints:
#     5
