"""An operation of a TextIOWrapper fails if initializing it again fails meanwhile

Area: Streams
Why: The stream has no parts any more.
Instead: Make another stream.
"""
import io

class Buffer(io.BytesIO):
    def read(self, *args):
        try:
            wrapper.__init__(None)
        except AttributeError:
            return super().read(*args)

wrapper = io.TextIOWrapper(Buffer(b"text"), "ascii")
try:
    print(wrapper.read())
except ValueError as error:
    print(error)

# Lucid prints:
#     I/O operation on uninitialized object
#
# CPython 3.11 crashes.
