"""sys.version and sys.implementation.lucid say what the runtime is

Area: Identity
Why: Whoever asks is told.  The name of the implementation, the version and the cache
    tag are CPython's, since wheels and ``.pyc`` files depend on them.
Instead: ``hasattr(sys.implementation, "lucid")`` to tell one from the other.
"""
import sys

print("Lucid" in sys.version, hasattr(sys.implementation, "lucid"))
print(sys.implementation.name, sys.version.split()[0])

# Lucid prints:
#     True True
#     cpython 3.11.2
#
# CPython 3.11 prints:
#     False False
#     cpython 3.11.2
