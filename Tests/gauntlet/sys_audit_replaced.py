"""sys.audit is replaced, so that modules of the library audit into the void.

since: PEP 578; library modules look the function up at each call
must: record tempfile.mkdtemp
"""
import sys
import tempfile

sys.audit = lambda *args: None
tempfile.mkdtemp(dir=".")
print("escaped")
