"""A built-in module is made anew, past import and its events.

since: no event before Lucid
must: record lucid.import.builtin xxsubtype
"""
import _imp
import importlib.machinery

module = _imp.create_builtin(importlib.machinery.ModuleSpec("xxsubtype", None))
print("escaped" if module else "stopped")
