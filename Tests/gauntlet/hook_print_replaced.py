"""A hook that prints is silenced by another print; a native hook is not.

since: CTF challenges since 3.8
must: record os.mkdir canary
"""
import builtins
import os
import sys

lines = []
sys.addaudithook(lambda event, args: print(event))
builtins.print, real = lambda *args: lines.append(args), print
os.mkdir("canary")
real("escaped")
