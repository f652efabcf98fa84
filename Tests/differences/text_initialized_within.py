"""A TextIOWrapper cannot be initialized while it is being initialized

Area: Streams
Why: It would be put together from parts of both.
Instead: Make another stream.
"""
import io

class Buffer(io.BytesIO):
    def readable(self):
        try:
            wrapper.__init__(io.BytesIO(b"other"), "ascii")
        except RuntimeError as error:
            print(error)
        return True

wrapper = io.TextIOWrapper.__new__(io.TextIOWrapper)
wrapper.__init__(Buffer(b"text"), "ascii")
print(wrapper.read())

# Lucid prints:
#     reentrant call of __init__
#     text
#
# CPython 3.11 prints:
#     other
