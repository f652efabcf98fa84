"""The C function that removes all hooks is called through ctypes.

since: CTF challenges since 3.8
must: record ctypes.dlsym _PySys_ClearAuditHooks
may crash
"""
import ctypes
import sys

try:
    clear = ctypes.pythonapi._PySys_ClearAuditHooks
except AttributeError:                  # the library does not export it
    print("stopped")
    sys.exit()
print("escaped", flush=True)
clear.argtypes = [ctypes.c_void_p]
get = ctypes.pythonapi.PyThreadState_Get
get.restype = ctypes.c_void_p
clear(get())
