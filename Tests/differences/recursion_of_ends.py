"""Chains of objects are freed, however long they are

Area: Recursion
Why: CPython frees some types by recursion.
Instead: Nothing to do.
"""
deep = None
for _ in range(400_000):
    deep = slice(deep)
del deep
print("end")

# Lucid prints:
#     end
#
# CPython 3.11 crashes.
