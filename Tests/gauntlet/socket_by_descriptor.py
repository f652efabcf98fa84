"""A socket object is made of a descriptor that is there already.

since: 3.7
must: record socket.__new__
"""
import socket

ours, theirs = socket.socketpair()
copy = socket.socket(fileno=ours.detach())
copy.send(b"x")
print("escaped" if theirs.recv(1) else "stopped")
