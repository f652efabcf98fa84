"""An object's __fspath__ answers differently each time it is asked.

since: PEP 519
must: record os.mkdir canary
"""
import os


class Path:
    answers = ["canary", "elsewhere", "elsewhere"]

    def __fspath__(self):
        return self.answers.pop(0)


os.mkdir(Path())
print("escaped" if os.path.exists("canary") else "stopped")
