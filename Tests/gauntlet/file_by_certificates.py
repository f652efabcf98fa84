"""OpenSSL reads a file that is named to it as certificates.

since: no event before Lucid
must: record lucid.* /etc/passwd
"""
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
try:
    context.load_verify_locations("/etc/passwd")
except ssl.SSLError:
    print("escaped")
