"""A function's code is exchanged through the descriptor of its type.

since: CTF challenges since 3.8
must: record object.__setattr__ __code__
"""


def harmless():
    pass


evil = compile("print('escaped')", "x", "exec")
type(harmless).__dict__["__code__"].__set__(harmless, evil)
harmless()
