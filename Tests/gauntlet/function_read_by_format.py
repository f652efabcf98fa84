"""A format string reads a function's globals, attribute by attribute.

since: PEP 3101; no event before Lucid
must: record lucid.object.__getattr__ __globals__
"""

SECRET = "escaped"


def function():
    pass


print("{0.__globals__[SECRET]}".format(function))
