"""A spawned worker process does the work.

since: PEP 578: hooks end with the process
must: record os.mkdir canary
refusal: no
"""
import multiprocessing
import os

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(
        target=os.mkdir, args=("canary",))
    process.start()
    process.join()
    print("escaped" if os.path.exists("canary") else "stopped")
