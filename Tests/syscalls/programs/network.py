"""Sockets of several families, and looking up names."""
import _socket
import os
import socket

for family, address in ((socket.AF_INET, ("127.0.0.1", 0)),
                        (socket.AF_INET6, ("::1", 0)),
                        (socket.AF_UNIX, "listener"),
                        (socket.AF_UNIX, b"\0lucid-test-%d" % os.getpid())):
    try:
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind(address)
    except OSError:
        continue                # no such protocol here
    server.listen(1)
    client = socket.socket(family, socket.SOCK_STREAM)
    client.connect(server.getsockname())
    connection, _ = server.accept()
    connection.close()
    client.close()
    server.close()
_socket.socketpair()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.connect(("127.0.0.1", 9))
socket.getaddrinfo("localhost", 80)
socket.gethostbyname("localhost")
try:
    socket.sethostname(socket.gethostname())
except OSError:
    pass
