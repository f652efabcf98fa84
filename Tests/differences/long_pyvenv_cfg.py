"""The file pyvenv.cfg may have any size

Area: Start-up and imports
Why: There is no reason for a limit; CPython does not start with more than 32 KiB.
Instead: Nothing to do.
"""
import os
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/bin")
    os.symlink(sys.executable, f"{folder}/bin/python3")
    with open(f"{folder}/pyvenv.cfg", "w") as file:
        file.write("# comment\n" * 5000 + "home = /usr/bin\n")
    result = subprocess.run([f"{folder}/bin/python3", "-ISc", "print('started')"],
                            text=True, capture_output=True)
print((result.stdout or result.stderr).splitlines()[0])

# Lucid prints:
#     started
#
# CPython 3.11 prints:
#     Exception ignored error evaluating path:
