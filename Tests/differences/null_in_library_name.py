"""The path of an extension module cannot have a null character

Area: Start-up and imports
Why: CPython loads the file whose name ends before it.
Instead: Nothing to do.
"""
import _imp
from importlib.machinery import ModuleSpec

try:
    _imp.create_dynamic(ModuleSpec("name", None, origin="/nonexistent\0.so"))
except (ImportError, ValueError) as error:
    print(type(error).__name__)

# Lucid prints:
#     ValueError
#
# CPython 3.11 prints:
#     ImportError
