"""The runtime's memory is found by name and written to through ctypes.

since: CTF challenges since 3.8
must: record ctypes.dlsym _PyRuntime
may crash
"""
import ctypes

runtime = ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime")
print("escaped", flush=True)
ctypes.memset(ctypes.addressof(runtime), 0, 4096)
