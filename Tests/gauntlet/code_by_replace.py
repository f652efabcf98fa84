"""Harmless code is copied with another body.

since: 3.8
must: record code.__new__
"""


def harmless():
    return 1


code = harmless.__code__
evil = compile("print('escaped')", "x", "exec")
exec(code.replace(co_code=evil.co_code, co_consts=evil.co_consts,
                  co_names=evil.co_names, co_stacksize=evil.co_stacksize,
                  co_exceptiontable=evil.co_exceptiontable))
