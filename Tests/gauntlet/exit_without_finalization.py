"""The process ends so abruptly that what a hook buffers is lost.

since: PEP 578
must: record os.mkdir canary
"""
import os

os.mkdir("canary")
print("escaped", flush=True)
os._exit(0)
