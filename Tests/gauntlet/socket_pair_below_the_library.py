"""Connected sockets are made by the C function, past the library's class.

since: no event before Lucid
must: record lucid.socket.socketpair
"""
import _socket

ours, theirs = _socket.socketpair()
ours.send(b"x")
print("escaped" if theirs.recv(1) else "stopped")
