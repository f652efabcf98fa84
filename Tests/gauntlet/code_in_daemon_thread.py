"""A daemon thread goes on while the interpreter ends.

since: PEP 578
must: record os.mkdir canary0
"""
import os
import threading
import time


def work():
    for number in range(100000):
        os.mkdir(f"canary{number}")
        if number == 0:
            os.write(1, b"escaped\n")


threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
