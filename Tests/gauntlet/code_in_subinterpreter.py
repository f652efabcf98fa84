"""An interpreter without Python hooks does the work.

since: PEP 578: Python hooks belong to one interpreter
must: record os.mkdir canary
"""
import os
import _xxsubinterpreters

other = _xxsubinterpreters.create()
_xxsubinterpreters.run_string(other, "import os; os.mkdir('canary')")
_xxsubinterpreters.destroy(other)
print("escaped" if os.path.exists("canary") else "stopped")
