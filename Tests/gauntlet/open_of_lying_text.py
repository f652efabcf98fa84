"""The path given to open is a str subclass whose methods lie.

since: PEP 578
must: record open canary
"""


class Liar(str):
    def __str__(self):
        return "harmless"

    __repr__ = __fspath__ = __str__


open(Liar("canary"), "w").close()
print("escaped")
