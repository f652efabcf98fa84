"""A hook that cannot be called is refused at the prompt

Area: Auditing
Why: Such a hook fails every later event, and at the prompt reading the next line is
    one: CPython reports the failure without end.  Elsewhere Lucid accepts the
    hook, as CPython does, unless it is given with ``events``.
Instead: Nothing to do.
"""
import subprocess
import sys

session = subprocess.run([sys.executable, "-I", "-i", "-q"], text=True,
                         input="import sys\n"
                               "sys.addaudithook(None)\n"
                               "print('alive')\n", capture_output=True)
print("TypeError: hook must be callable, not NoneType" in session.stderr)
print(session.stdout, end="")

# Lucid prints:
#     True
#     alive
#
# CPython 3.11 hangs.
