"""sys.modules["sys"] is another module when the library is imported.

since: PEP 578
must: record glob.glob
"""
import sys
import types

copy = types.ModuleType("sys")
vars(copy).update(vars(sys), audit=lambda *args: None)
sys.modules["sys"] = copy
import glob

glob.glob("*")
print("escaped")
