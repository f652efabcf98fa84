"""The library is not looked for at the place of the executable

Area: Start-up and imports
Why: It is the one at the prefix that Lucid was configured with, ``/usr``.
Instead: ``PYTHONHOME``, or ``PyConfig.home``.
"""
import os
import shutil
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/bin")
    os.mkdir(f"{folder}/lib")
    program = shutil.copy(sys.executable, f"{folder}/bin")
    os.symlink(os.path.dirname(os.__file__), f"{folder}/lib/python3.11")
    prefix = subprocess.run([program, "-IS", "-c", "import sys; print(sys.prefix)"],
                            text=True, capture_output=True).stdout
print(prefix.replace(folder, "FOLDER"), end="")

# Lucid prints:
#     /usr
#
# CPython 3.11 prints:
#     FOLDER
