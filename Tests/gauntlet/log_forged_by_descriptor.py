"""A record of the program's making is written to the descriptor of the log.

The log of the guard is no descriptor; a log that is one is found by its number.

since: a hook's log is a descriptor like any other
must: stop
"""
import os

forged = 0
for name in os.listdir("/proc/self/fd"):
    if int(name) < 3:
        continue
    try:
        if os.write(int(name), b'{"event": "forged"}\n'):
            forged += 1
    except OSError:
        pass
print("escaped" if forged else "stopped")
