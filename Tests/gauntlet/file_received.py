"""A descriptor arrives from another process, so that nothing is opened here.

since: 3.3; the connection is what can be seen
must: record socket.__new__
"""
import os
import socket

ours, theirs = socket.socketpair()
if os.fork() == 0:
    socket.send_fds(theirs, [b"x"], [os.open("/etc/passwd", os.O_RDONLY)])
    os._exit(0)
_, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
print("escaped" if os.read(descriptors[0], 4) else "stopped")
