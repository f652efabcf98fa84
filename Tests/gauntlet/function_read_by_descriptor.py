"""A function's globals are read through the descriptor of its type.

since: CTF challenges; no event before Lucid
must: record lucid.object.__getattr__ __globals__
"""


def function():
    pass


names = type(function).__dict__["__globals__"].__get__(function)
names["__builtins__"].print("escaped")
