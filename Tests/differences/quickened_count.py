"""sys._getquickenedcount answers 0

Area: Identity
Why: The count is for tests of CPython; Lucid keeps none.
Instead: Nothing to do.
"""
import sys

print(sys._getquickenedcount() > 0)

# Lucid prints:
#     False
#
# CPython 3.11 prints:
#     True
