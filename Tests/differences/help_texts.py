"""The texts of --help, --help-env and --help-xoptions are Lucid's own

Area: Identity
Why: They are written anew.
Instead: Nothing to do.
"""
import subprocess
import sys

text = subprocess.run([sys.executable, "--help-env"], text=True,
                      capture_output=True).stdout
print(repr(text.splitlines()[1].partition(":")[0]))

# Lucid prints:
#     'PYTHONSTARTUP       '
#
# CPython 3.11 prints:
#     'PYTHONSTARTUP'
