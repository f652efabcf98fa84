"""The frame of a refusing hook, taken from the exception, yields its names.

since: CTF challenges since 3.8
must: record object.__getattr__ tb_frame
"""
import sys


def hook(event, args):
    if event == "os.mkdir" and POLICY["refuse"]:
        raise RuntimeError("refused")


POLICY = {"refuse": True}
sys.addaudithook(hook)
import os

try:
    os.mkdir("canary")
except RuntimeError as error:
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    frame.f_globals["POLICY"]["refuse"] = False
os.mkdir("canary")
print("escaped")
