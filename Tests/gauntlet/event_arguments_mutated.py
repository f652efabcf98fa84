"""A later hook changes the list of arguments that an earlier one has seen.

subprocess.Popen's list is still the program's when its event is raised.

since: PEP 578
must: record lucid._posixsubprocess.fork_exec ./canary
"""
import subprocess
import sys


def hook(event, args):
    if event == "subprocess.Popen":
        args[1][:] = ["/bin/touch", "./canary"]


sys.addaudithook(hook)
subprocess.run(["/bin/touch", "harmless"], executable="/bin/touch")
print("escaped")
