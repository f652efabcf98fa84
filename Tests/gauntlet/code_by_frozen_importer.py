"""A frozen module's code is taken from the runtime and executed.

since: no event before Lucid
must: record lucid.import.frozen __hello__
"""
import _imp

code = _imp.get_frozen_object("__hello__")
print("escaped" if code else "stopped")
