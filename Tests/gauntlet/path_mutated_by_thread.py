"""A path is a bytearray that another thread changes while a hook looks at it.

since: PEP 578
must: stop
"""
import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")
path = bytearray(b"safe")
looking = threading.Event()


def hook(event, args):
    if event == "os.mkdir":
        looking.set()
        time.sleep(0.1)


def change():
    looking.wait()
    path[:] = b"evil"


sys.addaudithook(hook)
thread = threading.Thread(target=change)
thread.start()
os.mkdir(path)
thread.join()
print("escaped" if os.path.exists("evil") else "stopped")
