"""A .pyc file at no place of the search path is executed by a loader.

since: PEP 578
must: record marshal.loads escaped
"""
import importlib.machinery
import importlib.util
import py_compile

with open("module.py", "w") as file:
    file.write("print('escaped')")
py_compile.compile("module.py", "canary.pyc")
loader = importlib.machinery.SourcelessFileLoader("canary", "canary.pyc")
module = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("canary", loader))
loader.exec_module(module)
