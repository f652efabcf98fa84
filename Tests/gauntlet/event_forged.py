"""Program code raises an event of the runtime to hide among true ones.

since: PEP 578: a hook cannot tell who raised an event
must: record open /forged
origin: program
"""
import sys

sys.audit("open", "/forged", "r", 0)
print("escaped")
