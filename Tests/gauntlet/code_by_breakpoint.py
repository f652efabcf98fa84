"""breakpoint() calls what the environment names.

since: 3.7
must: record builtins.breakpoint
"""
import os

os.environ["PYTHONBREAKPOINT"] = "builtins.print"
breakpoint("escaped")
