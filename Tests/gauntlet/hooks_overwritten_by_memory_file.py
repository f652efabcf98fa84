"""The process's memory is written to as a file, which no protection of pages
stops.

since: CTF challenges since 3.8
must: record open /proc/self/mem
"""
with open("/proc/self/mem", "r+b", buffering=0) as memory:
    memory.seek(id(memory))
    memory.write(memory.read(0))
print("escaped")
