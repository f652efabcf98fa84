"""Decoding a text runs code that was registered as a codec.

since: no event before Lucid
must: record lucid.codecs.register
"""
import codecs


def decode(data, errors="strict"):
    print("escaped")
    return "", len(data)


def search(name):
    if name == "canary":
        return codecs.CodecInfo(None, decode)


codecs.register(search)
b"x".decode("canary")
