"""A new process becomes another user below subprocess, where no hook hears it.

since: 3.9; no event before Lucid
must: record lucid.os.setreuid
"""
import os
import subprocess

process = subprocess.run(["/bin/echo", "escaped"], user=os.getuid())
