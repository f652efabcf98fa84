"""Memory that readinto was lent cannot be used after the call

Area: Streams
Why: It is the stream's own, and is freed or used for other data.
Instead: Copy the bytes.
"""
import io

class Raw(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        global kept
        kept = buffer
        buffer[:3] = b"abc"
        return 3

stream = io.BufferedReader(Raw())
stream.read(3)
try:
    print(bytes(kept[:3]))
except ValueError as error:
    print(error)

# Lucid prints:
#     operation forbidden on released memoryview object
#
# CPython 3.11 prints:
#     b'abc'
