"""Bytecode reads beyond its constants and so reaches into foreign memory.

A crash is the usual end, here and in the reference; what is promised is the
record before it.

since: CTF challenges since 2.x
must: record code.__new__
may crash
"""


def harmless():
    return 1


code = harmless.__code__
body = bytes([151, 0, 100, 250, 83, 0])        # RESUME, LOAD_CONST 250, RETURN
corrupt = code.replace(co_code=body)
print("escaped", flush=True)
exec(corrupt)
