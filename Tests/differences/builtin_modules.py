"""More modules of the library are built in

Area: Start-up and imports
Why: ``_contextvars``, ``_json`` and ``_queue`` are part of the runtime; Debian's
    CPython loads them from files.
Instead: ``getattr(module, "__file__", None)``.
"""
import sys

print("_json" in sys.builtin_module_names)

# Lucid prints:
#     True
#
# CPython 3.11 prints:
#     False
