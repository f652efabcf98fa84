"""The interval at which threads take turns is made endless.

since: 3.2; no event before Lucid
must: record lucid.sys.setswitchinterval
"""
import sys

sys.setswitchinterval(1000)
print("escaped")
