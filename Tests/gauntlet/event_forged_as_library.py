"""Code that names a file of the library as its own raises events.

since: PEP 578: a hook cannot tell who raised an event
must: record shutil.rmtree /forged
origin: program
"""
import os
import sys

exec(compile("sys.audit('shutil.rmtree', '/forged', None)", os.__file__, "exec"),
     {"sys": sys, "__name__": "shutil", "__file__": os.__file__})
print("escaped")
