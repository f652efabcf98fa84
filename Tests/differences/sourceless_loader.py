"""SourcelessFileLoader has a get_data of its own

Area: Start-up and imports
Why: It opens bytecode for running, so that open-code hooks see it (:doc:`open_code`).
Instead: Override ``get_data`` in a subclass, as before.
"""
from importlib.machinery import SourcelessFileLoader

print("get_data" in vars(SourcelessFileLoader))

# Lucid prints:
#     True
#
# CPython 3.11 prints:
#     False
