"""builtins.open and io.open are replaced; the original was kept.

since: CTF challenges
must: record open canary
"""
import builtins
import io

kept, builtins.open, io.open = open, None, None
kept("canary", "w").close()
print("escaped")
