"""The code that does it has a file name and a name that fill any record.

since: bounded records
must: record os.mkdir canary
"""
import os

function = compile("def f(): mkdir('canary')", "\1" * 100000, "exec")
names = {"mkdir": os.mkdir}
exec(function, names)
names["f"].__code__ = names["f"].__code__.replace(co_qualname="\1" * 100000)
names["f"]()
print("escaped")
