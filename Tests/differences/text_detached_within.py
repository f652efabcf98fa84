"""An operation of a TextIOWrapper fails if its buffer is detached meanwhile

Area: Streams
Why: The rest of it would work with a stream that is no longer there.
Instead: Detach the buffer between operations.
"""
import io

class Buffer(io.BytesIO):
    def read(self, *args):
        wrapper.detach()
        return super().read(*args)

wrapper = io.TextIOWrapper(Buffer(b"text"), "ascii")
try:
    print(wrapper.read())
except ValueError as error:
    print(error)

# Lucid prints:
#     underlying buffer has been detached
#
# CPython 3.11 prints:
#     text
