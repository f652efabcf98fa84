"""The sys of one library module is replaced by a silent one.

The library's own event is gone then; those of the runtime stay.

since: PEP 578
must: record os.mkdir tmp
"""
import sys
import tempfile
import types

tempfile._sys = types.SimpleNamespace(**vars(sys))
tempfile._sys.audit = lambda *args: None
tempfile.mkdtemp(dir=".")
print("escaped")
