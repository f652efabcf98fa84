"""With no memory left the event's arguments cannot be built.

The operation may fail; if it happens, it was recorded.

since: PEP 578
must: record os.mkdir canary
"""
import os
import resource

with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 100_000_000,
                                        resource.RLIM_INFINITY))
hoard, size = [], 1 << 24
while size > 16:
    try:
        hoard.append(bytearray(size))
    except MemoryError:
        size //= 2
try:
    os.mkdir("canary")
except MemoryError:
    pass
del hoard
print("escaped" if os.path.exists("canary") else "stopped")
