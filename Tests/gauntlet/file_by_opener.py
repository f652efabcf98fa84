"""io.open is given an opener, which opens something else than was said.

since: 3.3
must: record open canary
"""
import os

open("harmless", "w", opener=lambda path, flags: os.open("canary", flags)).close()
print("escaped")
