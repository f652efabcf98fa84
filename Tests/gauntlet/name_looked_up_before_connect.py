"""A name in the place of an address is looked up before the event of connect.

So a name can carry data out, even where the connection is refused.

since: PEP 578; no event before Lucid
must: record lucid.socket.resolve localhost
"""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("localhost", server.getsockname()[1]))
print("escaped")
