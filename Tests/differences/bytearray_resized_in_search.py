"""A bytearray cannot be resized while it is searched

Area: Built-in types
Why: The arguments' methods would move the bytes that are being searched; with
    a larger array CPython searches memory that it has freed.
Instead: Convert the arguments before the search.
"""
array = bytearray(b"abc")

class Position:
    def __index__(self):
        array.append(ord("d"))
        return 0

try:
    array.find(b"d", Position())
except BufferError as error:
    print(error)
print(array)

# Lucid prints:
#     Existing exports of data: object cannot be re-sized
#     bytearray(b'abc')
#
# CPython 3.11 prints:
#     bytearray(b'abcd')
