"""Code comes as data and becomes a function.

since: PEP 578
must: record function.__new__
"""
import marshal
import types

data = marshal.dumps(compile("print('escaped')", "harmless", "exec"))
types.FunctionType(marshal.loads(data), {})()
