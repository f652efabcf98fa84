"""A path is a str subclass whose methods say that it is another.

since: PEP 578
must: record os.mkdir canary
"""
import os


class Liar(str):
    def __str__(self):
        return "harmless"

    __repr__ = __str__

    def __eq__(self, other):
        return other == "harmless"

    def __hash__(self):
        return hash("harmless")

    def encode(self, *args):
        return b"harmless"


os.mkdir(Liar("canary"))
print("escaped")
