"""A program found through a relative item of PATH has an absolute sys.executable

Area: Start-up and imports
Why: After a change of the working directory a relative one means another file.
Instead: Nothing to do.
"""
import os
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/bin")
    os.symlink(sys.executable, f"{folder}/bin/python3")
    path = subprocess.run(
        ["python3", "-ISc", "import sys; print(sys.executable)"], cwd=folder,
        executable=sys.executable, env={"PATH": "bin"}, text=True,
        capture_output=True).stdout
print(path.replace(folder, "FOLDER"), end="")

# Lucid prints:
#     FOLDER/bin/python3
#
# CPython 3.11 prints:
#     bin/python3
