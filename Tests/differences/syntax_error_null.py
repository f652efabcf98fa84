"""A SyntaxError in a file shows what follows a null character in its line

Area: Source code and syntax trees
Why: The line in the file is longer than what CPython takes for it.
Instead: Nothing to do.
"""
import subprocess
import sys
import tempfile

with tempfile.NamedTemporaryFile() as file:
    file.write(b"x = 1 1 \0 rest\n")
    file.flush()
    message = subprocess.run([sys.executable, "-I", file.name],
                             capture_output=True).stderr
print(message.splitlines()[1])

# Lucid prints:
#     b'    x = 1 1 \x00 rest'
#
# CPython 3.11 prints:
#     b'    x = 1 1 '
